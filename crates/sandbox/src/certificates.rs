//! X.509 certificates of the pretend authorities, and the serials by which the channels name them.

use std::time::Duration;

use md5::{Digest as _, Md5};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair, PKCS_RSA_SHA256,
    SerialNumber,
};
use time::OffsetDateTime;

use crate::random;
use crate::rsa::{KeyError, Signer, pem};

const FIVE_YEARS: Duration = Duration::from_secs(5 * 365 * 86_400);

/// The parts of a distinguished name, in the order in which they stand in the certificate.
struct Name {
    organization: &'static str,
    unit: &'static str,
    common: String,
}

impl Name {
    fn distinguished(&self) -> DistinguishedName {
        let mut name = DistinguishedName::new();
        name.push(DnType::CountryName, "CN");
        name.push(DnType::OrganizationName, self.organization);
        name.push(DnType::OrganizationalUnitName, self.unit);
        name.push(DnType::CommonName, self.common.as_str());
        name
    }

    /// RFC 2253: the reverse of the order in the certificate, no spaces.
    fn rfc2253(&self) -> String {
        format!("CN={},OU={},O={},C=CN", self.common, self.unit, self.organization)
    }
}

/// A certificate and how it is called.
pub(crate) struct Certificate {
    pub(crate) pem: String,
    /// 40 upper-case hexadecimal digits, WeChat Pay's way to name it.
    pub(crate) serial: String,
    /// Alipay's way to name it: MD5 over the issuer's name and the decimal serial (open platform, certificate mode).
    pub(crate) alipay_sn: String,
    pub(crate) from_ms: i64,
    pub(crate) until_ms: i64,
}

/// A self-signed root that certifies.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    name: Name,
    root: Certificate,
    now_ms: i64,
}

impl Authority {
    /// The root of Alipay's certificate mode.
    pub(crate) fn alipay(now_ms: i64) -> Result<Self, KeyError> {
        Self::new(
            now_ms,
            Name {
                organization: "Ant Financial practice",
                unit: "Certification Authority practice",
                common: "Ant Financial Certification Authority R1 practice".to_owned(),
            },
        )
    }

    /// The root of WeChat Pay's platform certificates.
    pub(crate) fn tenpay(now_ms: i64) -> Result<Self, KeyError> {
        Self::new(
            now_ms,
            Name { organization: "Tenpay.com", unit: "Tenpay.com CA Center", common: "Tenpay.com Root CA".to_owned() },
        )
    }

    fn new(now_ms: i64, name: Name) -> Result<Self, KeyError> {
        let serial = serial();
        let mut params = params(now_ms, &name, &serial);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, rcgen_key(&Signer::generate()?)?)?;
        let root = described(issuer.der(), &name, &serial, now_ms);
        Ok(Self { issuer, name, root, now_ms })
    }

    pub(crate) fn pem(&self) -> &str {
        &self.root.pem
    }

    pub(crate) fn alipay_sn(&self) -> &str {
        &self.root.alipay_sn
    }

    /// Certifies that `key` belongs to `common`.
    pub(crate) fn certify(&self, key: &Signer, common: &str) -> Result<Certificate, KeyError> {
        let serial = serial();
        let name = Name { common: common.to_owned(), ..self.name };
        let certificate = params(self.now_ms, &name, &serial).signed_by(&rcgen_key(key)?, &self.issuer)?;
        Ok(described(certificate.der(), &self.name, &serial, self.now_ms))
    }
}

/// 20 bytes whose first keeps the number positive and its length fixed.
fn serial() -> [u8; 20] {
    let mut serial = random::bytes::<20>();
    serial[0] = (serial[0] & 0x3f) | 0x40;
    serial
}

fn params(now_ms: i64, name: &Name, serial: &[u8]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = name.distinguished();
    params.serial_number = Some(SerialNumber::from_slice(serial));
    params.not_before = OffsetDateTime::from_unix_timestamp(now_ms / 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    params.not_after = params.not_before + FIVE_YEARS;
    params
}

fn rcgen_key(key: &Signer) -> Result<KeyPair, KeyError> {
    let text = pem("PRIVATE KEY", &key.pkcs8_der()?);
    Ok(KeyPair::from_pkcs8_pem_and_sign_algo(&text, &PKCS_RSA_SHA256)?)
}

fn described(der: &[u8], issuer: &Name, serial: &[u8], now_ms: i64) -> Certificate {
    let until = now_ms.saturating_add(i64::try_from(FIVE_YEARS.as_millis()).unwrap_or(i64::MAX));
    Certificate {
        pem: pem("CERTIFICATE", der),
        serial: hex::encode_upper(serial),
        alipay_sn: alipay_sn(&issuer.rfc2253(), serial),
        from_ms: now_ms,
        until_ms: until,
    }
}

/// Alipay's serial of a certificate: lower-case MD5 of the issuer's RFC 2253 name followed by the decimal serial.
fn alipay_sn(issuer: &str, serial: &[u8]) -> String {
    hex::encode(Md5::digest(format!("{issuer}{}", decimal(serial)).as_bytes()))
}

/// A big-endian number in decimal digits.
fn decimal(number: &[u8]) -> String {
    let mut digits: Vec<u8> = vec![0];
    for &byte in number {
        let mut carry = u32::from(byte);
        for digit in digits.iter_mut().rev() {
            let value = u32::from(*digit) * 256 + carry;
            *digit = (value % 10) as u8;
            carry = value / 10;
        }
        while carry > 0 {
            digits.insert(0, (carry % 10) as u8);
            carry /= 10;
        }
    }
    digits.iter().map(|digit| char::from(b'0' + digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_are_written_in_decimal() {
        assert_eq!(decimal(&[0]), "0");
        assert_eq!(decimal(&[1, 0]), "256");
        assert_eq!(decimal(&u128::MAX.to_be_bytes()), u128::MAX.to_string());
    }

    #[test]
    fn the_alipay_serial_matches_a_published_one() {
        // An application certificate in the tests of Alipay's Node.js SDK (antcertutil).
        let issuer =
            "CN=Ant Financial Certification Authority Class 1 R1,OU=Certification Authority,O=Ant Financial,C=CN";
        let serial = 42_701_552_708_448_241_360_226_107_228_231_049_510_u128;
        assert_eq!(alipay_sn(issuer, &serial.to_be_bytes()), "866efef280dec9137a87d047ac446315");
    }
}

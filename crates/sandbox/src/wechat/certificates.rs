//! `GET /v3/certificates`: the platform certificates, each sealed with the APIv3 key.

use serde_json::{Value, json};

use super::answer::Answer;
use super::seal::sealed;
use crate::Sandbox;
use crate::clock::rfc3339;
use crate::faults::Fault;
use crate::keys::PlatformCertificate;
use crate::trade::Channel;

/// A merchant in public-key mode has none and is told so; one in certificate mode gets all valid ones. While the
/// coming certificate signs, both are listed.
pub(super) fn list(sandbox: &Sandbox) -> Result<Answer, Answer> {
    let next = sandbox.faults.is_on(Channel::Wechat, Fault::NextCertificateKey);
    let number = match (next, sandbox.faults.is_on(Channel::Wechat, Fault::CertificateKey)) {
        (true, _) => 2,
        (false, true) => 1,
        (false, false) => {
            let message = "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。";
            return Err(Answer::error(404, "RESOURCE_NOT_EXISTS", message));
        }
    };
    let listed: Vec<Value> =
        sandbox.keys.numbers.platform.iter().take(number).map(|certificate| entry(sandbox, certificate)).collect();
    Ok(Answer::ok(json!({"data": listed})))
}

fn entry(sandbox: &Sandbox, certificate: &PlatformCertificate) -> Value {
    json!({
        "effective_time": rfc3339(certificate.from_ms),
        "encrypt_certificate": sealed(&sandbox.keys.numbers.apiv3_key, "certificate", &certificate.pem),
        "expire_time": rfc3339(certificate.until_ms),
        "serial_no": certificate.serial,
    })
}

//! Fields of a request: what is known, what is needed, what each may hold. Unknown fields are refused.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use crate::form;

/// The query of a request.
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    pub(crate) fn read(query: &str) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { pairs: form::pairs(query.as_bytes()).map(|(name, value)| (text(name), text(value))).collect() }
    }

    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
    }
}

/// A request body whose fields are all known.
pub(crate) struct Body {
    pub(crate) fields: Map<String, Value>,
}

impl Body {
    /// Reads a JSON object; `known` lists every path that may occur, as `/amount/total`.
    pub(crate) fn read(bytes: &[u8], known: &[&str]) -> Result<Self, Answer> {
        let fields: Map<String, Value> = serde_json::from_slice(bytes)
            .map_err(|_| Answer::error(400, "PARAM_ERROR", "无效的JSON格式，请求正文应为UTF-8编码的JSON对象"))?;
        let mut unknown = Vec::new();
        for (name, value) in &fields {
            collect_unknown(&format!("/{name}"), value, known, &mut unknown);
        }
        if !unknown.is_empty() {
            return Err(Answer::error(400, "PARAM_ERROR", "请求中含有未在API文档中定义的参数")
                .detailed(json!({"location": null, "value": unknown})));
        }
        Ok(Self { fields })
    }

    fn at(&self, path: &str) -> Option<&Value> {
        let mut parts = path.split('/').skip(1);
        let mut value = self.fields.get(parts.next()?)?;
        for part in parts {
            value = value.get(part)?;
        }
        Some(value)
    }

    /// A text of at most `max` characters, none beyond the basic plane; never null or blank.
    pub(crate) fn text(&self, path: &str, label: &str, max: usize) -> Result<Option<String>, Answer> {
        let Some(value) = self.at(path) else { return Ok(None) };
        let Value::String(text) = value else {
            return Err(broken(path, "字符串", label, "此字段应为字符串", value));
        };
        let length = text.chars().count();
        if text.trim().is_empty() {
            return Err(broken(path, "字符串", label, "字符串不能为空", value));
        }
        if length > max {
            let rule = format!("字符串长度{length}，大于最大值 {max}");
            return Err(broken(path, "字符串", label, &rule, value));
        }
        if text.chars().any(|c| u32::from(c) > 0xffff) {
            return Err(broken(path, "字符串", label, "含有不支持的字符（仅支持1～3字节的UTF-8字符）", value));
        }
        Ok(Some(text.clone()))
    }

    pub(crate) fn needed_text(&self, path: &str, label: &str, max: usize) -> Result<String, Answer> {
        self.text(path, label, max)?.ok_or_else(|| missing(path, label))
    }

    /// Fen, at least 1.
    pub(crate) fn needed_fen(&self, path: &str, label: &str) -> Result<i64, Answer> {
        let value = self.at(path).ok_or_else(|| missing(path, label))?;
        match value.as_i64() {
            Some(fen @ 1..) => Ok(fen),
            Some(_) => Err(broken(path, "数值", label, "值低于最小值 1", value)),
            None => Err(broken(path, "数值", label, "此字段应为整数", value)),
        }
    }

    pub(crate) fn currency(&self, needed: bool) -> Result<(), Answer> {
        match self.text("/amount/currency", "货币类型", 16)? {
            Some(currency) if currency == "CNY" => Ok(()),
            Some(currency) => Err(Answer::param(json!(currency), "货币类型仅支持CNY")),
            None if needed => Err(missing("/amount/currency", "货币类型")),
            None => Ok(()),
        }
    }

    /// An address for notices, by the rule the service's own error message shows: no query, no fragment, no spaces.
    pub(crate) fn notify_url(&self, needed: bool) -> Result<Option<String>, Answer> {
        let url = self.text("/notify_url", "通知地址", 256)?;
        match url {
            None if needed => Err(missing("/notify_url", "通知地址")),
            None => Ok(None),
            Some(url) if is_notify_url(&url) => Ok(Some(url)),
            Some(url) => Err(Answer::param(
                json!(url),
                "输入源“/body/notify_url”映射到字段“通知地址”字符串规则校验失败，字符串不符合格式要求，不能携带参数",
            )),
        }
    }
}

fn is_notify_url(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else { return false };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let clean = |text: &str| !text.contains(|c: char| c.is_whitespace() || matches!(c, '?' | '#' | '[' | ']'));
    let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
    clean(authority)
        && clean(path)
        && !host.is_empty()
        && (2..=5).contains(&port.len())
        && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// Collects the paths that are not known; members of lists share their list's path.
fn collect_unknown(path: &str, value: &Value, known: &[&str], unknown: &mut Vec<String>) {
    if !known.iter().any(|one| *one == path || one.starts_with(&format!("{path}/"))) {
        unknown.push(format!("/body{path}"));
        return;
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                collect_unknown(&format!("{path}/{name}"), value, known, unknown);
            }
        }
        Value::Array(list) => {
            for value in list.iter().filter(|value| value.is_object()) {
                collect_unknown(path, value, known, unknown);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

pub(crate) fn missing(path: &str, label: &str) -> Answer {
    let message = format!("输入源“/body{path}”映射到字段“{label}”必填性规则校验失败，此字段为必填项");
    Answer::error(400, "PARAM_ERROR", &message).detailed(json!({"location": "body", "value": null}))
}

fn broken(path: &str, kind: &str, label: &str, rule: &str, value: &Value) -> Answer {
    let message = format!("输入源“/body{path}”映射到{kind}字段“{label}”规则校验失败，{rule}");
    Answer::param(value.clone(), &message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_for_notices_follow_the_published_pattern() {
        for good in ["https://shop.example/notices/wechat", "http://127.0.0.1:8080/n", "https://shop.example"] {
            assert!(is_notify_url(good), "{good}");
        }
        for bad in [
            "https://shop.example/n?a=1",
            "https://shop.example/n#x",
            "ftp://shop.example",
            "https://",
            "http://a:1/x",
            "https://shop.example/a b",
        ] {
            assert!(!is_notify_url(bad), "{bad}");
        }
    }

    #[test]
    fn unknown_fields_are_named_by_their_path() {
        let known = ["/appid", "/amount/total", "/goods/id", "/payer/identity"];
        let read = |text: &str| Body::read(text.as_bytes(), &known).err().and_then(|answer| answer.body);
        assert!(read(r#"{"appid":"a","amount":{"total":1},"goods":[{"id":1}]}"#).is_none());
        let refused = read(r#"{"payer":{"openid":"x"},"goods":[{"name":1}]}"#).expect("refused");
        assert_eq!(refused["detail"]["value"], json!(["/body/payer/openid", "/body/goods/name"]));
    }
}

use super::*;
use axum::Router;
use axum::http::{StatusCode as Status, header as axum_header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn at(playlist: &str, local: bool) -> Stream {
    let stream = Stream::new(local);
    stream.is_at(Some(playlist));
    stream
}

fn allowed(stream: &Stream, text: &str) -> bool {
    stream.reach().may_fetch(&url(text))
}

#[test]
fn the_page_s_paths_and_the_show_s_addresses_are_the_same_thing() {
    for (path, address) in [
        ("/https/live.example/a/b.m3u8?token=x%2Fy", "https://live.example/a/b.m3u8?token=x%2Fy"),
        ("/https/live.example:8443/", "https://live.example:8443/"),
        ("/http/127.0.0.1:4000/show/live.m3u8", "http://127.0.0.1:4000/show/live.m3u8"),
    ] {
        let uri: Uri = format!("stream://localhost{path}").parse().unwrap();
        assert_eq!(address_of(&uri), Some(url(address)));
        assert_eq!(path_of(&url(address)), path);
    }
    assert_eq!(address_of(&"stream://localhost/https".parse().unwrap()), None);
}

#[test]
fn only_hosts_of_the_show_are_fetched_from() {
    let stream = at("https://live.example/show.m3u8", false);
    assert!(allowed(&stream, "https://live.example/other/1.ts"));
    for other in [
        "https://elsewhere.example/1.ts",
        "https://live.example:8443/1.ts",
        "http://live.example/1.ts",
        "https://user@live.example/1.ts",
        "ftp://live.example/1.ts",
    ] {
        assert!(!allowed(&stream, other), "{other}");
    }
    assert!(stream.reach().names(&url("https://cdn.example/1.ts")));
    assert!(allowed(&stream, "https://cdn.example/2.ts"));
    stream.is_at(Some("https://next.example/show.m3u8"));
    assert!(!allowed(&stream, "https://cdn.example/2.ts") && allowed(&stream, "https://next.example/1.ts"));
    stream.is_at(None);
    assert!(!allowed(&stream, "https://next.example/1.ts"));
}

#[test]
fn a_show_elsewhere_never_leads_to_this_machine() {
    for playlist in
        ["http://127.0.0.1:9/a.m3u8", "https://localhost/a.m3u8", "http://[::1]:9/a.m3u8", "http://live.example/a"]
    {
        assert!(!allowed(&at(playlist, false), playlist), "{playlist}");
    }
    // Not even where the shop is on this machine and its show is not.
    for local in [false, true] {
        let stream = at("https://live.example/show.m3u8", local);
        for inside in [
            "http://127.0.0.1:9/1.ts",
            "https://127.0.0.2/1.ts",
            "http://localhost/1.ts",
            "http://[::1]/1.ts",
            "https://localhost./1.ts",
            "https://a.localhost/1.ts",
            "https://0.0.0.0/1.ts",
            "https://[::]/1.ts",
            "https://[::ffff:127.0.0.1]/1.ts",
        ] {
            assert!(!stream.reach().names(&url(inside)) && !allowed(&stream, inside), "{inside}");
        }
    }
    let own = at("http://127.0.0.1:9/a.m3u8", true);
    assert!(allowed(&own, "http://127.0.0.1:9/1.ts") && own.reach().names(&url("https://cdn.example/1.ts")));
    assert!(!own.reach().names(&url("http://cdn.example/1.ts")));
}

#[test]
fn a_show_elsewhere_never_leads_into_the_viewer_s_own_network() {
    let near = [
        "https://192.168.1.1/1.ts",
        "https://10.0.0.1/1.ts",
        "https://[fe80::1]/1.ts",
        "https://[::ffff:10.0.0.1]/1.ts",
    ];
    for inside in near {
        let stream = at("https://live.example/show.m3u8", false);
        assert!(!stream.reach().names(&url(inside)) && !allowed(&stream, inside), "{inside}");
        // A show that is there itself may name its neighbours.
        assert!(at("https://192.168.1.9/show.m3u8", false).reach().names(&url(inside)), "{inside}");
    }
}

#[test]
fn a_playlist_that_names_hosts_without_end_is_not_followed_without_end() {
    let stream = at("https://live.example/show.m3u8", false);
    let named = (0..100).filter(|number| stream.reach().names(&url(&format!("https://h{number}.example/1.ts"))));
    assert_eq!(named.count(), 31);
}

#[test]
fn everything_a_playlist_names_goes_through_the_program() {
    let playlist = "#EXTM3U\n#EXT-X-MAP:URI=\"init.mp4\",BYTERANGE=\"10@0\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"https://keys.example/k?a=1\"\n\
        #EXTINF:2.0,\n../seg/0.m4s?t=1\n\n#EXTINF:2.0,\r\nhttps://cdn.example:8443/1.m4s\r\n\
        http://plain.example/2.m4s\ndata:video/mp4;base64,AA\n{$host}/3.m4s\n";
    let through = |url: &Url| (url.scheme() == "https").then(|| path_of(url));
    let rewritten = playlist::rewritten(playlist, &url("https://live.example/show/live.m3u8"), through).unwrap();
    assert_eq!(
        rewritten,
        "#EXTM3U\n#EXT-X-MAP:URI=\"/https/live.example/show/init.mp4\",BYTERANGE=\"10@0\"\n\
         #EXT-X-KEY:METHOD=AES-128,URI=\"/https/keys.example/k?a=1\"\n\
         #EXTINF:2.0,\n/https/live.example/seg/0.m4s?t=1\n\n#EXTINF:2.0,\n/https/cdn.example:8443/1.m4s\n\
         http://plain.example/2.m4s\ndata:video/mp4;base64,AA\n{$host}/3.m4s\n"
    );
}

#[test]
fn only_the_page_may_read_the_show() {
    let own = if cfg!(windows) { PAGE[1] } else { PAGE[0] };
    for (asked, answered) in
        [(Some("http://tauri.localhost"), "http://tauri.localhost"), (Some("http://127.0.0.1:9"), own), (None, own)]
    {
        let mut headers = HeaderMap::new();
        if let Some(asked) = asked {
            headers.insert(header::ORIGIN, HeaderValue::from_static(asked));
        }
        assert_eq!(origin(&headers), answered);
    }
}

/// A server of a show on this machine.
async fn show() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let range = |headers: HeaderMap| async move {
        let asked = headers.get(axum_header::RANGE).unwrap().to_str().unwrap().to_owned();
        (Status::PARTIAL_CONTENT, [(axum_header::CONTENT_RANGE, "bytes 0-1/9")], asked)
    };
    let routes = Router::new()
        .route("/live.m3u8", get(|| async { "#EXTM3U\n#EXTINF:2,\n1.ts\nhttps://cdn.example/2.ts\n" }))
        .route("/part", get(range))
        .route("/away", get(|| async { Redirect::temporary("http://elsewhere.example/1.ts") }))
        .route("/there", get(|| async { Redirect::temporary("/live.m3u8") }))
        .route("/gone", get(|| async { Status::NOT_FOUND.into_response() }))
        .route("/large", get(|| async { vec![0_u8; (32 << 20) + 1] }));
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    address
}

#[tokio::test]
async fn a_part_of_the_show_comes_as_its_server_sends_it_and_its_playlist_changed() {
    let address = show().await;
    let stream = at(&format!("{address}/live.m3u8"), true);
    let port = url(&address).port().unwrap();
    for path in ["live.m3u8", "there"] {
        let playlist = stream.get(url(&format!("{address}/{path}")), None).await.ok().unwrap();
        let text = String::from_utf8(playlist.body).unwrap();
        assert_eq!(
            text,
            format!("#EXTM3U\n#EXTINF:2,\n/http/127.0.0.1:{port}/1.ts\n/https/cdn.example/2.ts\n"),
            "{path}"
        );
    }
    assert!(allowed(&stream, "https://cdn.example/2.ts"));
    let range = Some(HeaderValue::from_static("bytes=0-1"));
    let part = stream.get(url(&format!("{address}/part")), range).await.ok().unwrap().into_response().unwrap();
    assert_eq!((part.status(), part.body().as_slice()), (StatusCode::PARTIAL_CONTENT, b"bytes=0-1".as_slice()));
    assert_eq!(part.headers()[header::CONTENT_RANGE], "bytes 0-1/9");
    let gone = stream.get(url(&format!("{address}/gone")), None).await.ok().unwrap().into_response().unwrap();
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_leads_elsewhere_is_too_large_or_does_not_come_is_a_status() {
    let address = show().await;
    let stream = at(&format!("{address}/live.m3u8"), true);
    let status = async |path: &str| stream.get(url(path), None).await.err();
    assert_eq!(status(&format!("{address}/away")).await, Some(StatusCode::FORBIDDEN));
    assert_eq!(status(&format!("{address}/large")).await, Some(StatusCode::BAD_GATEWAY));
    assert_eq!(status("https://elsewhere.example/1.ts").await, Some(StatusCode::FORBIDDEN));
}

#[test]
fn a_playlist_that_is_made_to_be_too_much_is_refused() {
    let base = |path: &str| url(&format!("https://live.example/{path}/live.m3u8"));
    let through = |url: &Url| Some(path_of(url));
    let long = format!("#EXTM3U\n{}", "a\n".repeat(2 << 20));
    assert_eq!(playlist::rewritten(&long, &base("show"), through), None);
    let grows = format!("#EXTM3U\n{}", "a\n".repeat(100_000));
    assert_eq!(playlist::rewritten(&grows, &base(&"p".repeat(10_000)), through), None);
    assert!(playlist::rewritten(&grows, &base("show"), through).is_some());
}

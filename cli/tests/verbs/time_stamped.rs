//! `.tsd` and `.m7m` on the command line: made, looked into, judged, opened layer by layer.

use crate::bench::{Bench, CONTENT, TRUST, key};

#[test]
fn a_file_and_its_stamp_in_one() {
    let bench = Bench::new();
    bench.ok(&format!("sign verbale.txt {}", key("presidente")));
    let tsa = bench.tsa("tsa");
    let told =
        bench.ok(&format!("timestamp verbale.txt.p7m --format tsd --tsa {tsa} --json")).json();
    assert_eq!(told["data"]["output"], "verbale.txt.p7m.tsd");
    assert_eq!(told["data"]["format"], "TSD");
    let told = bench.ok(&format!("verify verbale.txt.p7m.tsd {TRUST} --json")).json();
    let data = &told["data"];
    assert_eq!(data["format"], "TSD");
    let kinds: Vec<_> = data["layers"].as_array().unwrap().iter().map(|l| &l["kind"]).collect();
    assert_eq!(kinds, ["tsd", "cades"]);
    assert_eq!(data["layers"][0]["name"], "verbale.txt.p7m");
    assert_eq!(data["signatures"][0]["time_reference"], "timestamp");
    assert_eq!(data["timestamps"][0]["kind"], "time-stamp");
    assert_eq!(data["timestamps"][0]["indication"], "PASSED");

    let told = bench.ok("inspect verbale.txt.p7m.tsd --json").json();
    let layers = &told["data"]["layers"];
    assert_eq!((&layers[0]["kind"], &layers[1]["kind"]), (&"tsd".into(), &"cades".into()));
    assert_eq!(layers[0]["stamped"]["file_name"], "verbale.txt.p7m");
    assert_eq!(layers[0]["stamped"]["media_type"], "application/pkcs7-mime");
    assert_eq!(layers[0]["stamped"]["hash_protected"], false);
    assert_eq!(layers[0]["timestamps"].as_array().unwrap().len(), 1);
    let shown = bench.ok("ispeziona verbale.txt.p7m.tsd --lang it").out;
    assert!(shown.contains("busta TSD DER con marca temporale"), "{shown}");

    bench.ok("extract verbale.txt.p7m.tsd --layers 1 -o uno.p7m");
    assert_eq!(bench.read("uno.p7m"), bench.read("verbale.txt.p7m"));
    let told = bench.ok("extract verbale.txt.p7m.tsd -o tutto.txt --json").json();
    assert_eq!(bench.read("tutto.txt"), CONTENT);
    assert_eq!(told["data"]["removed"][0]["kind"], "tsd");
    assert_eq!(told["data"]["removed"][0]["timestamps"], 1);
    assert_eq!(told["data"]["verified"], false);
    assert_eq!(bench.run("extract verbale.txt.p7m.tsd --layers 0").code, 2);

    // Another octet, another verdict.
    let mut altered = bench.read("verbale.txt.p7m.tsd");
    let place = altered.windows(CONTENT.len()).position(|window| window == CONTENT).unwrap();
    altered[place] ^= 1;
    bench.write("altered.tsd", &altered);
    let ran = bench.run(&format!("verify altered.tsd {TRUST} --json"));
    assert_eq!(ran.code, 1);
    assert_eq!(ran.json()["data"]["timestamps"][0]["sub_indication"], "HASH_FAILURE");
    // Cut short.
    bench.write("cut.tsd", &altered[..altered.len() / 2]);
    let ran = bench.run(&format!("verify cut.tsd {TRUST} --json"));
    assert_eq!((ran.code, &ran.json()["data"]["format"]), (1, &"TSD".into()));
}

#[test]
fn messages_of_the_years_before() {
    let bench = Bench::new();
    let pki = bench.pki();
    let at = chrono::Utc::now() - chrono::TimeDelta::minutes(5);
    let p7m = lab::cms::sign(&pki, "presidente", CONTENT, at).unwrap();
    let m7m = lab::m7m::M7m::new(&pki, &p7m, "tsa", at).build().unwrap();
    bench.write("verbale.txt.m7m", &m7m);
    let told = bench.ok(&format!("verify verbale.txt.m7m {TRUST} --json")).json();
    assert_eq!(told["data"]["format"], "M7M");
    assert_eq!(told["data"]["signatures"][0]["time_reference"], "timestamp");
    bench.ok("extract verbale.txt.m7m -o contenuto.txt");
    assert_eq!(bench.read("contenuto.txt"), CONTENT);
    bench.ok("extract verbale.txt.m7m --layers 1 -o dentro.p7m");
    assert_eq!(bench.read("dentro.p7m"), p7m);
}

#[test]
fn a_stamp_apart_names_the_file_beside_it() {
    let bench = Bench::new();
    bench.ok(&format!("timestamp verbale.txt --tsa {}", bench.tsa("tsa")));
    let ran = bench.run(&format!("verify verbale.txt.tsr {TRUST} --json"));
    // It is not taken for the content unasked.
    assert_eq!(ran.code, 3);
    let warning = &ran.json()["warnings"][0];
    assert_eq!(warning["code"], "CONTENT_BESIDE");
    assert!(warning["message"].as_str().unwrap().contains("--content verbale.txt"));
}

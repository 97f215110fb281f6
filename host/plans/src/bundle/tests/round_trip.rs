//! What is written is read, and the same content gives the same bytes.

use super::archives::{Archive, image_of};
use crate::bundle::artifact::Language;
use crate::bundle::{Bundle, BundleFile, BundleLimits, ImageSource, write};
use std::io::{self, Cursor};

const SCRIPT: &str = r##"{"type":"PlanScript","id":"11-aa","name":"motd","content":"template::write(\"/etc/motd\", \"motd.j2\");",
 "language":"rhai","templates":{"motd.j2":"Hello {{ name }}\n","etc/x.j2":""},"hpProvided":"true","futureField":{"a":[1,null,2.5]},"state":null}"##;
const BUILD_PLAN: &str = r#"{"type":"OeBuildPlanV5","buildPlanid":"44-dd","name":"Web","oeBuildPlanType":"Deploy",
 "buildStep":[{"serialNumber":"1","planScriptName":"motd","planScriptUri":"/rest/plan-scripts/11-aa","parameters":{"x":1}}],
 "customAttributes":[{"name":"Size","type":"number","value":null,"constraints":"{\"minimum\":\"1\"}","description":"","z":1}],"etag":null}"#;
const DEPLOYMENT_PLAN: &str = r#"{"type":"OEDeploymentPlan","id":"55-ee","name":"Web on Debian","oeBuildPlanURI":"Web","goldenImageURI":"Debian 12",
 "importMetadata":false,"customAttributes":[{"id":"66","name":"Password","type":"password","value":"","editable":true,"visible":false}]}"#;
const IMAGE: &str = r#"{"type":"GoldenImage","id":"22-bb","name":"Debian 12","size":0,"bundleName":"x","importedFromBundle":true}"#;

pub fn sample() -> Vec<u8> {
    Archive::with(&[
        ("55-ee_deploymentplan.json", DEPLOYMENT_PLAN.as_bytes()),
        ("44-dd_buildplan.json", BUILD_PLAN.as_bytes()),
        ("22-bb_goldenimage.json", IMAGE.as_bytes()),
        ("Debian 12", &image_of(&[5; 3000])),
        ("11-aa_planscript.json", SCRIPT.as_bytes()),
    ])
    .bytes()
}

pub fn read(bytes: &[u8]) -> (Bundle, Vec<Vec<u8>>) {
    let mut file = BundleFile::open(Cursor::new(bytes), &BundleLimits::default()).unwrap();
    let bundle = file.bundle().clone();
    let images = bundle.golden_images.iter().map(|image| {
        let mut content = Vec::new();
        file.copy_image(image, &mut content).unwrap();
        content
    });
    let images = images.collect();
    (bundle, images)
}

fn written(bundle: &Bundle, images: &[Vec<u8>]) -> Vec<u8> {
    let mut images = images.iter();
    let output = write(bundle, Cursor::new(Vec::new()), &mut |_| {
        let image = images.next().ok_or(io::ErrorKind::NotFound)?;
        Ok(ImageSource {
            reader: Box::new(image.as_slice()),
            most: image.len() as u64,
        })
    });
    output.unwrap().into_inner()
}

#[test]
fn everything_comes_back() {
    let (bundle, images) = read(&sample());
    let script = &bundle.plan_scripts[0];
    assert_eq!((script.language, script.read_only), (Language::Rhai, true));
    assert_eq!(script.templates["motd.j2"], "Hello {{ name }}\n");
    assert_eq!(script.more["futureField"]["a"][2], 2.5);
    assert_eq!(bundle.build_plans[0].steps[0].script_id(), Some("11-aa"));
    assert_eq!(bundle.deployment_plans[0].more["importMetadata"], false);
    let bytes = written(&bundle, &images);
    assert_eq!(read(&bytes), (bundle.clone(), images.clone()));
    assert_eq!(written(&bundle, &images), bytes);
    // The order in which artifacts were added does not matter either.
    let mut turned = bundle;
    turned.plan_scripts.reverse();
    turned.build_plans.reverse();
    assert_eq!(written(&turned, &images), bytes);
}

#[test]
fn a_guestfish_script_is_written_as_it_always_was() {
    let (mut bundle, images) = read(&sample());
    bundle.plan_scripts[0].language = Language::Guestfish;
    bundle.plan_scripts[0].templates.clear();
    let json = crate::bundle::Artifact::to_json(&bundle.plan_scripts[0]);
    assert!(!json.contains_key("language") && !json.contains_key("templates"));
    assert!(json["uri"].is_null() && json["customAttributes"].is_null());
    assert_eq!(read(&written(&bundle, &images)).0, bundle);
}

#[test]
fn an_image_may_have_any_name() {
    for name in [
        "MANIFEST.MF",
        "a/b",
        "x_planscript.json",
        "SHA256SUM.sha256sum",
        "..",
        "ü ü",
    ] {
        let (mut bundle, images) = read(&sample());
        bundle.golden_images[0].name = name.to_owned();
        let bytes = written(&bundle, &images);
        assert_eq!(read(&bytes), (bundle, images), "{name}");
    }
}

#[test]
fn an_image_that_grows_while_it_is_read_is_an_error() {
    let (bundle, _) = read(&sample());
    let written = write(&bundle, Cursor::new(Vec::new()), &mut |_| {
        Ok(ImageSource {
            reader: Box::new(&b"abc"[..]),
            most: 2,
        })
    });
    let error = written.unwrap_err();
    assert!(error.message.contains("it became longer"), "{error}");
}

//! Every error code has a golden file: a rendering that a test compares with what is printed now.

use mintage_engine::Code;
use mintage_test_support::environment;
use std::collections::BTreeSet;
use walkdir::WalkDir;

#[test]
fn every_error_code_has_a_golden_file() {
    let mut shown = BTreeSet::new();
    for folder in ["host", "plan-stdlib", "tests"] {
        let files = WalkDir::new(environment::project().join(folder)).into_iter();
        let files = files.map(|file| file.unwrap().into_path());
        for file in files.filter(|path| path.extension().is_some_and(|end| end == "snap")) {
            let text = std::fs::read_to_string(file).unwrap();
            let has = |code: &&Code| {
                ["error", "warning"]
                    .iter()
                    .any(|level| text.contains(&format!("{level}[{code}]")))
            };
            shown.extend(Code::ALL.iter().filter(has).copied());
        }
    }
    let missing: Vec<Code> = Code::ALL
        .iter()
        .copied()
        .filter(|code| !shown.contains(code))
        .collect();
    assert_eq!(missing, [], "codes without a golden file");
}

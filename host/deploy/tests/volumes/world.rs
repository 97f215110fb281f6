//! A store and a data folder with a golden image, and what is done with them.

use crate::golden;
use mintage_deploy::DataFolder;
use mintage_deploy::os_volumes::{
    Capture, CaptureRequest, DeployError, DeployRequest, Deployment, Making, RunRecord, Seed,
    Setting,
};
use mintage_deploy::{golden_volume, os_volume};
use mintage_records::model::{
    AddressFragment, BuildPlan, BuildStep, CustomAttribute, DeploymentPlan, EthernetNetwork,
    GoldenImage, Ipv4Range, Ipv4Subnet, Language, OsVolume, PlanScript, PlanType, State,
};
use mintage_records::{
    Author, Change, DatabaseUrl, Id, Kind, Records, RecordsError, Sealer, Stored,
};
use mintage_storage::store::conformance::file_of;
use mintage_worker::Cancellation;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// A store and a data folder; gone when dropped.
pub struct World {
    pub records: Arc<Records>,
    pub sealer: Arc<Sealer>,
    pub folder: Arc<DataFolder>,
    pub golden: Id,
    pub directory: TempDir,
}

impl World {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(directory.path().join("records.db"));
        let records = Records::open(&url, "test").unwrap();
        let folder = DataFolder::open(directory.path()).unwrap();
        let golden = change(&records, |change| change.insert(image("debian"))).id;
        golden::build(&file_of(folder.store(), &golden_volume(&golden)));
        Self {
            records: Arc::new(records),
            sealer: Arc::new(Sealer::new(&[7; 32])),
            folder: Arc::new(folder),
            golden,
            directory,
        }
    }

    /// A build plan with one script and, where it asks for them, the attributes `HostName` and `NIC1`.
    pub fn build_plan(&self, name: &str, kind: &str, script: &str) -> Id {
        let script = PlanScript {
            name: format!("script of {name}"),
            description: None,
            plan_type: PlanType::General,
            language: Language::Rhai,
            content: script.into(),
            templates: BTreeMap::new(),
            hp_provided: false,
        };
        let attribute = |(name, kind): (&str, &str)| CustomAttribute {
            name: name.into(),
            kind: kind.into(),
            value: None,
            description: None,
            constraints: None,
        };
        let asked = [
            ("HostName", "hostname"),
            ("NIC1", "nic"),
            ("Passphrase", "password"),
        ];
        let asked = asked
            .into_iter()
            .filter(|(name, _)| script.content.contains(name));
        let custom_attributes = asked.map(attribute).collect();
        let stored = change(&self.records, |change| {
            let script = change.insert(script)?;
            change.insert(BuildPlan {
                name: name.into(),
                description: None,
                oe_build_plan_type: kind.into(),
                steps: vec![BuildStep {
                    plan_script: script.id,
                    parameters: None,
                }],
                custom_attributes,
                mounts: BTreeMap::new(),
                deadline_seconds: None,
                hp_provided: false,
            })
        });
        stored.id
    }

    /// A network with the addresses 192.0.2.10 to 192.0.2.12; its URI.
    pub fn network(&self) -> String {
        let address = |last| std::net::Ipv4Addr::new(192, 0, 2, last);
        let network = change(&self.records, |change| {
            let subnet = change.insert(Ipv4Subnet {
                name: "production".into(),
                network_id: address(0),
                subnetmask: std::net::Ipv4Addr::new(255, 255, 255, 0),
                gateway: Some(address(1)),
                dns_servers: vec![address(2)],
                domain: None,
            })?;
            change.insert(Ipv4Range {
                name: "servers".into(),
                subnet: subnet.id.clone(),
                start_stop_fragments: vec![AddressFragment {
                    start_address: address(10),
                    end_address: address(12),
                }],
                enabled: true,
            })?;
            change.insert(EthernetNetwork {
                name: "production".into(),
                description: None,
                vlan_id: 0,
                purpose: "General".into(),
                ethernet_network_type: "Untagged".into(),
                private_network: false,
                smart_link: false,
                type_name: None,
                subnet: Some(subnet.id),
            })
        });
        Kind::EthernetNetworks.uri(&network.id)
    }

    pub fn deployment_plan(&self, name: &str, build_plan: &Id, golden: &Id) -> Id {
        let plan = DeploymentPlan {
            name: name.into(),
            description: None,
            build_plan: build_plan.clone(),
            golden_image: Some(golden.clone()),
            custom_attributes: Vec::new(),
            hp_provided: false,
        };
        change(&self.records, |change| change.insert(plan)).id
    }

    pub fn begin(&self, plan: &Id, seed: &str) -> Making {
        let request = DeployRequest {
            deployment_plan: plan.clone(),
            name: None,
            description: None,
            settings: vec![Setting {
                name: "HostName".into(),
                value: "web01".into(),
            }],
            seed: Some(Seed(seed.into())),
        };
        let begun = self.records.change(&author(), |change| {
            Deployment::begin(change, request, &self.sealer)
        });
        begun.unwrap().1
    }

    pub fn make(
        &self,
        making: &Making,
        cancellation: Option<Cancellation>,
    ) -> Result<RunRecord, DeployError> {
        making.make(
            &self.records,
            &self.sealer,
            &self.folder,
            cancellation,
            &mut |_| {},
        )
    }

    /// A whole deployment: the volume, and where its file is.
    pub fn deploy(&self, plan: &Id, seed: &str) -> (Stored<OsVolume>, PathBuf) {
        let making = self.begin(plan, seed);
        let record = self.make(&making, None).unwrap();
        let kept = self
            .records
            .change(&author(), |change| making.keep(change, &record));
        kept.unwrap();
        let stored = change(&self.records, |change| making.publish(change));
        let path = file_of(self.folder.store(), &os_volume(&stored.id));
        (stored, path)
    }

    /// A whole capture: the golden image, and where its volume is.
    pub fn capture(
        &self,
        volume: &Id,
        plan: &Id,
        name: &str,
    ) -> Result<(Stored<GoldenImage>, PathBuf), DeployError> {
        let request = CaptureRequest {
            os_volume: volume.clone(),
            build_plan: plan.clone(),
            name: name.into(),
            description: None,
            boot_test: false,
        };
        let (_, capturing) = self.records.change(&author(), |change| {
            Capture::begin(change, request, &self.sealer)
        })?;
        let made = capturing.make(&self.records, &self.sealer, &self.folder, None, &mut |_| {});
        let made = made.inspect_err(|_| {
            let (folder, id) = (&self.folder, &capturing.golden_image);
            mintage_deploy::os_volumes::capturing::delete(&self.records, folder, &author(), id)
                .unwrap();
        })?;
        self.records
            .change(&author(), |change| capturing.keep(change, &made))?;
        let inspection = serde_json::json!({});
        let stored = change(&self.records, |change| {
            capturing.publish(change, inspection).unwrap();
            change.get::<GoldenImage>(&capturing.golden_image)
        });
        let path = file_of(self.folder.store(), &golden_volume(&stored.id));
        Ok((stored, path))
    }

    /// The names of all files of volumes.
    pub fn files(&self) -> Vec<PathBuf> {
        let folders = ["golden-volumes", "os-volumes", "incoming"];
        let folders = folders.map(|folder| self.directory.path().join(folder));
        let entries = folders
            .iter()
            .flat_map(|folder| std::fs::read_dir(folder).unwrap());
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }
}

pub fn author() -> Author {
    Author::user("test")
}

pub fn change<T>(
    records: &Records,
    act: impl FnOnce(&mut Change<'_>) -> Result<T, RecordsError>,
) -> T {
    records.change(&author(), act).unwrap()
}

fn image(name: &str) -> GoldenImage {
    GoldenImage {
        name: name.into(),
        description: None,
        state: State::Ok,
        size: 16 << 20,
        used: 0,
        check_sum: None,
        volume_sum: None,
        format: None,
        image_capture: false,
        provenance: None,
        imported_from_bundle: false,
        bundle_name: None,
        bundle: None,
        read_only: false,
        inspection: None,
        upload: None,
        boot_test: None,
    }
}

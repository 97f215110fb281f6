//! What each list shows: its columns, what it can be filtered by, what can be made there.

/// A list.
#[derive(Debug)]
pub(super) struct List {
    /// Its collection: the last part of the addresses of the API and of the page.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// What these are, in a sentence.
    pub(super) about: &'static str,
    /// What to do when there is none.
    pub(super) empty: &'static str,
    pub(super) columns: &'static [Column],
    /// The order without another: `member:ascending`.
    pub(super) sort: &'static str,
    /// The member that the search field looks into.
    pub(super) search: Option<&'static str>,
    pub(super) choices: &'static [Choice],
    pub(super) makes: &'static [Make],
}

/// A column.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) label: &'static str,
    /// The JSON pointer of its value.
    pub(super) member: &'static str,
    pub(super) shown: Shown,
    /// By what the API sorts it.
    pub(super) sort: Option<&'static str>,
}

/// How a value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// A link to the page of the row.
    Page,
    /// A link to the page of another resource, whose URI is at this pointer.
    Of(&'static str),
    Text,
    Bytes,
    Time,
    State,
    Percent,
}

/// A filter by one of some values.
#[derive(Debug)]
pub(super) struct Choice {
    /// The member.
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) values: &'static [&'static str],
}

/// What can be made.
#[derive(Debug)]
pub(super) struct Make {
    pub(super) label: &'static str,
    pub(super) page: &'static str,
    /// Who is offered it.
    pub(super) permission: &'static str,
}

impl Shown {
    /// Whether its values stand one below the other by their digits.
    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Bytes | Self::Percent)
    }

    /// Its name for the template.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Page | Self::Of(_) => "page",
            Self::Text => "text",
            Self::Bytes => "bytes",
            Self::Time => "time",
            Self::State => "state",
            Self::Percent => "percent",
        }
    }
}

const fn column(
    label: &'static str,
    member: &'static str,
    shown: Shown,
    sort: Option<&'static str>,
) -> Column {
    Column {
        label,
        member,
        shown,
        sort,
    }
}

const fn make(label: &'static str, page: &'static str, permission: &'static str) -> Make {
    Make {
        label,
        page,
        permission,
    }
}

const NAME: Column = column("Name", "/name", Shown::Page, Some("name"));
const STATE: Column = column("State", "/state", Shown::State, Some("state"));
const SIZE: Column = column("Size", "/size", Shown::Bytes, Some("size"));
const DESCRIPTION: Column = column("Description", "/description", Shown::Text, None);
const CHANGED: Column = column("Changed", "/modified", Shown::Time, Some("modified"));
const BY_NAME: &str = "name:ascending";

/// All lists.
pub(super) const ALL: &[List] = &[
    List {
        name: "golden-images",
        title: "Golden images",
        about: "Disks with an installed operating system, of which servers get a clone of their own.",
        empty: "Upload the disk of a machine that is set up as you want it, or capture one.",
        columns: &[
            NAME,
            STATE,
            column("Operating system", "/inspection/system", Shown::Text, None),
            SIZE,
            column("Used", "/used", Shown::Bytes, None),
            CHANGED,
        ],
        sort: BY_NAME,
        search: Some("name"),
        choices: &[],
        makes: &[make(
            "Upload an image",
            "/ui/golden-images/new",
            "artifacts",
        )],
    },
    List {
        name: "plan-scripts",
        title: "Plan scripts",
        about: "Programs that read and edit the files of a volume, before its server starts.",
        empty: "Write one, or import an artifact bundle.",
        columns: &[
            NAME,
            column("Type", "/planType", Shown::Text, Some("planType")),
            column("Language", "/language", Shown::Text, Some("language")),
            DESCRIPTION,
            CHANGED,
        ],
        sort: BY_NAME,
        search: Some("name"),
        choices: &[Choice {
            name: "planType",
            label: "Type",
            values: &["deploy", "capture", "general"],
        }],
        makes: &[make("New plan script", "/ui/plan-scripts/new", "artifacts")],
    },
    List {
        name: "build-plans",
        title: "Build plans",
        about: "Plan scripts in order, with the custom attributes that they need.",
        empty: "Put your plan scripts in order.",
        columns: &[
            NAME,
            column(
                "Type",
                "/oeBuildPlanType",
                Shown::Text,
                Some("oeBuildPlanType"),
            ),
            DESCRIPTION,
            CHANGED,
        ],
        sort: BY_NAME,
        search: Some("name"),
        choices: &[Choice {
            name: "oeBuildPlanType",
            label: "Type",
            values: &["deploy", "capture"],
        }],
        makes: &[make("New build plan", "/ui/build-plans/new", "artifacts")],
    },
    List {
        name: "deployment-plans",
        title: "Deployment plans",
        about: "A golden image with a build plan, and what of it may be set for each server.",
        empty: "Join a golden image with a build plan.",
        columns: &[NAME, STATE, DESCRIPTION, CHANGED],
        sort: BY_NAME,
        search: Some("name"),
        choices: &[],
        makes: &[make(
            "New deployment plan",
            "/ui/deployment-plans/new",
            "artifacts",
        )],
    },
    List {
        name: "artifact-bundles",
        title: "Artifact bundles",
        about: "Archives that carry images, scripts and plans from one service to another.",
        empty: "Import one, or put your artifacts into one.",
        columns: &[
            NAME,
            STATE,
            column("Artifacts", "/artifactsCount", Shown::Text, None),
            SIZE,
            CHANGED,
        ],
        sort: BY_NAME,
        search: Some("name"),
        choices: &[],
        makes: &[
            make("Import", "/ui/artifact-bundles/import", "artifacts"),
            make("New bundle", "/ui/artifact-bundles/new", "artifacts"),
        ],
    },
    List {
        name: "server-profiles",
        title: "Server profiles",
        about: "What each server is to be: its hardware, and what it is deployed with.",
        empty: "Deploy a server: choose a deployment plan, and fill in what is the server's own.",
        columns: &[
            NAME,
            STATE,
            column(
                "OS volume",
                "/osDeploymentSettings/osVolumeUri",
                Shown::Of("/osDeploymentSettings/osVolumeUri"),
                None,
            ),
            DESCRIPTION,
            CHANGED,
        ],
        sort: BY_NAME,
        search: Some("name"),
        choices: &[],
        makes: &[make("Deploy a server", "/ui/server-profiles/new", "deploy")],
    },
    List {
        name: "os-volumes",
        title: "OS volumes",
        about: "The disks of servers, each offered to its own server alone.",
        empty: "They are made when a server profile is deployed.",
        columns: &[
            NAME,
            STATE,
            SIZE,
            column("Target", "/oeVolumeIQN", Shown::Text, None),
            CHANGED,
        ],
        sort: BY_NAME,
        search: Some("name"),
        choices: &[],
        makes: &[],
    },
    List {
        name: "server-hardware",
        title: "Server hardware",
        about: "The machines: their ports, and how their power is switched.",
        empty: "Register the machines that are to be deployed.",
        columns: &[
            NAME,
            column("Model", "/model", Shown::Text, None),
            column("Power", "/powerState", Shown::State, None),
            column("Serial number", "/serialNumber", Shown::Text, None),
            CHANGED,
        ],
        sort: BY_NAME,
        search: Some("name"),
        choices: &[],
        makes: &[make(
            "Register hardware",
            "/ui/server-hardware/new",
            "deploy",
        )],
    },
    List {
        name: "ethernet-networks",
        title: "Networks",
        about: "The networks that servers are connected to, with pools of addresses.",
        empty: "Describe the networks that your servers' ports are on.",
        columns: &[
            NAME,
            column("VLAN", "/vlanId", Shown::Text, Some("vlanId")),
            column("Purpose", "/purpose", Shown::Text, None),
            CHANGED,
        ],
        sort: BY_NAME,
        search: Some("name"),
        choices: &[],
        makes: &[make("New network", "/ui/ethernet-networks/new", "deploy")],
    },
    List {
        name: "tasks",
        title: "Tasks",
        about: "Everything that took longer than a request: what it did, and why it failed.",
        empty: "Nothing was done yet.",
        columns: &[
            column("Task", "/name", Shown::Page, Some("name")),
            column("State", "/taskState", Shown::State, Some("taskState")),
            column("Progress", "/percentComplete", Shown::Percent, None),
            column(
                "Of",
                "/associatedResource/resourceName",
                Shown::Of("/associatedResource/resourceUri"),
                None,
            ),
            column("By", "/owner", Shown::Text, Some("owner")),
            column("Began", "/created", Shown::Time, Some("created")),
        ],
        sort: "created:descending",
        search: Some("name"),
        choices: &[Choice {
            name: "taskState",
            label: "State",
            values: &["Running", "Completed", "Warning", "Error", "Terminated"],
        }],
        makes: &[],
    },
    List {
        name: "alerts",
        title: "Alerts",
        about: "What somebody should look at, and what to do about it.",
        empty: "Nothing needs attention.",
        columns: &[
            column("What", "/description", Shown::Page, None),
            column("Severity", "/severity", Shown::State, Some("severity")),
            column("State", "/alertState", Shown::State, Some("alertState")),
            column("Since", "/created", Shown::Time, Some("created")),
        ],
        sort: "created:descending",
        search: None,
        choices: &[
            Choice {
                name: "alertState",
                label: "State",
                values: &["Active", "Cleared"],
            },
            Choice {
                name: "severity",
                label: "Severity",
                values: &["Critical", "Warning", "OK"],
            },
        ],
        makes: &[],
    },
];

//! `Postgres`: a real PostgreSQL server of its own for tests, started as a plain process in a
//! temporary folder; it ends and its folder goes with the process that started it, however that ends.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The password of the role `postgres`, over TCP.
pub const PASSWORD: &str = "pass%word/1";
/// The same as it stands in a URL.
const PASSWORD_IN_URL: &str = "pass%25word%2F1";

/// A running server.
#[derive(Debug)]
pub struct Postgres {
    folder: PathBuf,
    programs: PathBuf,
    port: u16,
    owner: Option<(u32, u32)>,
    databases: AtomicU32,
    /// A shell that waits for the end of its input, which comes when this process is gone, and then
    /// ends the server.
    keeper: Child,
}

impl Postgres {
    /// The one that a test binary shares, or none where PostgreSQL is not installed, in which case the
    /// lane `name` is skipped loudly, and fails in CI.
    pub fn shared(name: &str) -> Option<&'static Self> {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        Self::is_there(name).then(|| SHARED.get_or_init(Self::start))
    }

    /// Whether a server can be started here; see [`crate::lane::can_run`].
    pub fn is_there(name: &str) -> bool {
        // Debian's server programs are in no `PATH`; its package brings this one too.
        programs().is_some() || crate::lane::can_run(name, &[crate::Need::Program("postgres")])
    }

    /// Starts a new one.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start() -> Self {
        let programs = programs().expect("PostgreSQL is installed");
        let folder = tempfile::Builder::new().prefix("mintage-pg-").tempdir();
        let folder = folder.expect("a temporary folder").keep();
        let owner = owner();
        if let Some((user, group)) = owner {
            chown(&folder, Some(user), Some(group)).expect("chown");
        }
        let stop = "read -r _; \"$1/pg_ctl\" -D \"$2/data\" -m immediate stop; rm -rf \"$2\"";
        let keeper = as_owner(Command::new("sh"), owner)
            .args(["-c", stop, "keeper"])
            .args([&programs, &folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in the terminal ends the tests; the keeper must outlive them.
            .process_group(0)
            .spawn()
            .expect("sh");
        let server = Self {
            port: free_port(),
            folder,
            programs,
            owner,
            databases: AtomicU32::new(0),
            keeper,
        };
        server.put("password", PASSWORD);
        let data = server.data();
        server.run("initdb", |command| {
            command
                .arg("-D")
                .arg(&data)
                .args([
                    "-U",
                    "postgres",
                    "--auth-local=trust",
                    "--auth-host=scram-sha-256",
                ])
                .arg("--pwfile")
                .arg(server.folder.join("password"))
                .args(["-N", "-E", "UTF8", "--locale=C.UTF-8"]);
        });
        server.set(&format!(
            "port = {}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{}'\n\
             fsync = off\nmax_connections = 200\n",
            server.port,
            server.folder.display()
        ));
        server.resume();
        server
    }

    /// A new empty database, as a URL. Its texts are ordered as in German, not byte by byte.
    pub fn database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{number}");
        self.sql(
            "postgres",
            &format!(
                "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' \
                 LOCALE_PROVIDER icu ICU_LOCALE 'de'"
            ),
        );
        let port = self.port;
        format!("postgres://postgres:{PASSWORD_IN_URL}@127.0.0.1:{port}/{name}")
    }

    /// Runs statements in a database, which is named or given by its URL; returns what they print.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        let name = database.rsplit('/').next().unwrap_or_default();
        let name = name.split('?').next().unwrap_or_default();
        self.run("psql", |command| {
            command
                .arg("-h")
                .arg(&self.folder)
                .args(["-p", &self.port.to_string(), "-U", "postgres", "-d", name])
                .args(["-v", "ON_ERROR_STOP=1", "-qAtXc", statements]);
        })
    }

    /// The folder of its unix socket, whose users need no password.
    pub fn socket(&self) -> &Path {
        &self.folder
    }

    /// Its port, on the socket and on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Adds lines to its configuration, for the next start.
    pub fn set(&self, lines: &str) {
        let path = self.data().join("postgresql.conf");
        let old = std::fs::read_to_string(&path).expect("postgresql.conf");
        std::fs::write(path, format!("{old}\n{lines}")).expect("postgresql.conf");
    }

    /// Puts a file into its folder that only it may read; returns the path.
    pub fn put(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.join(name);
        std::fs::write(&path, content).expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("chmod");
        if let Some((user, group)) = self.owner {
            chown(&path, Some(user), Some(group)).expect("chown");
        }
        path
    }

    /// Stops it as a crash would: connections are cut.
    pub fn crash(&self) {
        let data = self.data();
        self.run("pg_ctl", |command| {
            command
                .arg("-D")
                .arg(&data)
                .args(["-m", "immediate", "-w", "stop"]);
        });
    }

    /// Starts it after [`crash`](Self::crash).
    pub fn resume(&self) {
        let data = self.data();
        let log = self.folder.join("log");
        self.run("pg_ctl", |command| {
            command
                .arg("-D")
                .arg(&data)
                .arg("-l")
                .arg(&log)
                .args(["-w", "start"]);
        });
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn run(&self, program: &str, arguments: impl FnOnce(&mut Command)) -> String {
        let command = Command::new(self.programs.join(program));
        let mut command = as_owner(command, self.owner);
        arguments(&mut command);
        // To a file: the server would keep a pipe open.
        let name = format!("{program}-{:?}.out", std::thread::current().id());
        let path = self.put(&name, "");
        let file = std::fs::File::create(&path).expect("a file");
        let errors = file.try_clone().expect("a file");
        let status = command
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            .status();
        let said = std::fs::read_to_string(&path).expect("a file");
        assert!(status.expect(program).success(), "{program}: {said}");
        said.trim_end().to_owned()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // It is gone or it is not: nothing to do about it here.
        let _ = self.keeper.wait();
    }
}

/// Where the newest installed version has its programs.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.filter_map(|entry| {
        let entry = entry.ok()?;
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let folder = entry.path().join("bin");
        folder
            .join("postgres")
            .is_file()
            .then_some((version, folder))
    });
    folders.max().map(|(_, folder)| folder)
}

/// PostgreSQL refuses to run as root: who it runs as then.
fn owner() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").expect("/etc/passwd");
    let ids = |name: &str| {
        let line = users
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line
            .split(':')
            .skip(2)
            .map(|field| field.parse::<u32>().ok());
        Some((fields.next()??, fields.next()??))
    };
    Some(
        ids("postgres")
            .or_else(|| ids("nobody"))
            .expect("a user that is not root"),
    )
}

fn as_owner(mut command: Command, owner: Option<(u32, u32)>) -> Command {
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command
        .current_dir("/")
        .env_remove("PGHOST")
        .env("LC_ALL", "C.UTF-8");
    command
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

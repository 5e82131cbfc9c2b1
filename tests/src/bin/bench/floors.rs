//! The floors: what the same work costs with nothing around it, measured in the same run by programs of their own, which share no
//! code with Sluice. Their sources lie outside of the project, in the folder `bench/limits` of `SLUICE_SHARED` (`../shared` unless
//! set); where it is absent a line says so, and the benchmark goes on without ratios.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command},
};

use crate::Result;

/// Requests that a floor is measured over.
const REQUESTS: u32 = 30_000;

/// The programs, built.
pub(crate) struct Floors {
    programs: PathBuf,
    /// Rows per CPU second of building Braze's bodies of 75 rows with serde_json.
    bodies: f64,
}

impl Floors {
    /// Builds the programs and measures the bodies; nothing where their sources are absent.
    pub(crate) fn measure(rows: usize) -> Result<Option<Self>> {
        let Some(programs) = programs("limits", &["bodies", "sender", "sink"])? else { return Ok(None) };
        let said = Command::new(programs.join("bodies")).args(["--rows", &rows.to_string()]).output()?;
        let said = String::from_utf8(said.stdout)?;
        let figures = said.lines().filter(|line| line.starts_with("braze75 serde_json")).filter_map(|l| figure(l, "rows/cpu_s="));
        let bodies = figures.fold(0.0, f64::max);
        println!("floor of bodies, 75 rows each: {:.2} M rows per CPU second", bodies / 1e6);
        Ok(Some(Self { programs, bodies }))
    }

    /// What building and sending `unit` rows a request would cost at least, in rows per CPU second; a request has so many bytes.
    pub(crate) fn sending(&self, unit: u32, bytes: u64) -> Result<f64> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
        let _sink = Ends(Command::new(self.programs.join("sink")).args(["--port", &port]).spawn()?);
        for _ in 0..100 {
            if std::net::TcpStream::connect(format!("127.0.0.1:{port}")).is_ok() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let mut least = f64::INFINITY;
        for _ in 0..3 {
            let mut sender = Command::new(self.programs.join("sender"));
            sender.args(["--port", &port, "--size", &bytes.to_string(), "--conc", "4", "--n", &REQUESTS.to_string()]);
            let said = String::from_utf8(sender.output()?.stdout)?;
            least = least.min(figure(&said, "cpu_us_per_req=").ok_or("the sender gives no figure")?);
        }
        let whole = 1e6 / (1e6 / self.bodies + least / f64::from(unit));
        println!(
            "floor of a request of {bytes} bytes: {least:.1} µs; with the bodies of {unit} rows {:.2} M rows per CPU second",
            whole / 1e6
        );
        Ok(whole)
    }
}

/// The folder with the programs of a folder of `bench/`, built; nothing where their sources are absent.
pub(crate) fn programs(folder: &str, names: &[&str]) -> Result<Option<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let shared = std::env::var_os("SLUICE_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let sources = shared.join("bench").join(folder);
    if !sources.join("Cargo.toml").is_file() {
        println!("floors: SKIPPED, there is no {}; set SLUICE_SHARED to the folder above bench/", sources.display());
        return Ok(None);
    }
    // Built beside, so that nothing is written where the sources lie.
    let beside = root.join("target/floors");
    copy(&sources, &beside.join(folder))?;
    let mut build = Command::new("cargo");
    build.args(["build", "--release", "--quiet", "--manifest-path"]).arg(beside.join(folder).join("Cargo.toml"));
    let built =
        build.args(names.iter().flat_map(|name| ["--bin", name])).arg("--target-dir").arg(beside.join("target")).status()?;
    if !built.success() {
        return Err("the floors do not build; what cargo says of it stands above".into());
    }
    Ok(Some(beside.join("target/release")))
}

/// A child that ends with this.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The number behind a name.
fn figure(line: &str, name: &str) -> Option<f64> {
    line.split(name).nth(1)?.split_whitespace().next()?.parse().ok()
}

/// Copies a folder of sources; a file is written only when it differs, so that a second build has nothing to do.
fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            if entry.file_name() != "target" {
                copy(&source, &target)?;
            }
            continue;
        }
        let bytes = std::fs::read(&source)?;
        if std::fs::read(&target).ok().as_ref() != Some(&bytes) {
            std::fs::File::create(&target)?.write_all(&bytes)?;
        }
    }
    // A workspace of its own, wherever it was copied to.
    let manifest = to.join("Cargo.toml");
    if manifest.is_file() && !std::fs::read_to_string(&manifest)?.contains("[workspace]") {
        std::fs::OpenOptions::new().append(true).open(manifest)?.write_all(b"\n[workspace]\n")?;
    }
    Ok(())
}

//! Writes what the targets begin with into the folder that is named: the samples of every link type, tunnel and container, the
//! example captures and, where they are, small captures that are not part of this repository.

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use pcapframe::capture::Format;
use pcapframe::capture::compression::Compression;
use pcapframe::wire::{Context, Depth};
use pcapframe_fuzz::captures::others;
use pcapframe_fuzz::decoding::decoded;
use pcapframe_fuzz::outcome::{WHOLE, column, memory, packets, read_with};
use pcapframe_fuzz::samples::{COMPRESSIONS, ETHERNET, block_capture, classic_captures, compress, links, tunnels};

/// Longer ones make targets slow.
const LONGEST_CAPTURE: usize = 3000;
const LONGEST_FRAME: usize = 200;
/// So many frames of one link type with the same headers.
const ALIKE: usize = 2;

fn main() -> std::io::Result<()> {
    let to = PathBuf::from(std::env::args_os().nth(1).unwrap_or_else(|| "corpus".into()));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let examples = ["lab.pcap", "lab-small.pcapng"].map(|name| root.join("examples/data").join(name));
    let files: Vec<Vec<u8>> = examples.iter().chain(&others(&root)).filter_map(|path| fs::read(path).ok()).collect();

    let frames = frames(&files);
    for target in ["wire", "prefixes"] {
        write(&to, target, frames.iter().map(|(link_type, frame)| framed(*link_type, frame)))?;
    }
    let ethernet = frames.iter().filter(|(link_type, _)| *link_type == ETHERNET);
    write(&to, "etherparse", ethernet.map(|(_, frame)| framed(ETHERNET, frame)))?;

    let captures = captures(&files);
    for format in ["pcap", "pcapng", "foreign"] {
        write(&to, format, captures.iter().filter(|bytes| name(bytes) == format).map(|bytes| divided(bytes)))?;
    }
    write(&to, "scan", captures.iter().map(|bytes| divided(bytes)))?;
    write(&to, "columns", captures.iter().map(|bytes| [&hash(bytes).to_le_bytes()[..], bytes].concat()))?;
    write(&to, "pcap_file", captures.iter().filter(|bytes| name(bytes) != "foreign").cloned())?;

    for compression in COMPRESSIONS {
        let real = files.iter().filter(|bytes| bytes.len() <= LONGEST_CAPTURE && Compression::detect(bytes) == Some(compression));
        let made = captures.iter().step_by(9).map(|bytes| compress(compression, bytes));
        let compressed = real.cloned().chain(made).map(|bytes| numbered(0, &bytes));
        let plain = captures.iter().step_by(7).map(|bytes| numbered(1, bytes));
        write(&to, compression.name(), compressed.chain(plain))?;
    }
    Ok(())
}

/// A few frames of each kind.
fn frames(files: &[Vec<u8>]) -> Vec<(u16, Vec<u8>)> {
    let mut found: HashMap<_, usize> = HashMap::new();
    let mut frames = links();
    frames.extend(tunnels().into_iter().map(|frame| (ETHERNET, frame)));
    let context = Context::new(Depth::Transport);
    for bytes in files.iter().filter(|bytes| Compression::detect(bytes).is_none()) {
        let Ok(reading) = read_with(&memory(&bytes[..]), 1, WHOLE) else { continue };
        let link_types = column::<u16>(&reading, "link_type");
        for (link_type, mut frame) in link_types.into_iter().zip(packets(&reading, memory(&bytes[..]))).take(2000) {
            frame.truncate(LONGEST_FRAME);
            let packet = decoded(link_type, &frame, frame.len() as u32, &context);
            let kind = (link_type, packet.layers, packet.stop as u8, packet.tunnel as u8, packet.protocol);
            let alike = found.entry(kind).or_default();
            *alike += 1;
            if *alike <= ALIKE {
                frames.push((link_type, frame));
            }
        }
    }
    frames
}

fn captures(files: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut captures = classic_captures();
    captures.push(block_capture());
    captures.extend(files.iter().take(2).map(|bytes| bytes[..LONGEST_CAPTURE.min(bytes.len())].to_vec()));
    let small = files.iter().filter(|bytes| bytes.len() <= LONGEST_CAPTURE && read_with(&memory(&bytes[..]), 1, WHOLE).is_ok());
    captures.extend(small.cloned());
    // There are few of other formats: of longer ones the beginning.
    let foreign = files.iter().filter(|bytes| matches!(Format::from_start(bytes), Ok(Format::Foreign(_))));
    captures.extend(foreign.filter(|bytes| bytes.len() > LONGEST_CAPTURE).map(|bytes| bytes[..LONGEST_CAPTURE].to_vec()));
    captures
}

/// The target that reads captures of this format.
fn name(bytes: &[u8]) -> &'static str {
    match Format::from_start(bytes) {
        Ok(Format::Pcap(_)) => "pcap",
        Ok(Format::Pcapng(_)) => "pcapng",
        _ => "foreign",
    }
}

/// As `input::Frame` reads it.
fn framed(link_type: u16, frame: &[u8]) -> Vec<u8> {
    let [high, low] = link_type.to_be_bytes();
    [&[0, high, low, 0, 0, 0, 0, 0][..], frame].concat()
}

/// As `input::Capture` reads it.
fn divided(bytes: &[u8]) -> Vec<u8> {
    [&hash(bytes).to_le_bytes()[..4], bytes].concat()
}

/// As `containers::check` reads it.
fn numbered(mode: u8, bytes: &[u8]) -> Vec<u8> {
    [&[mode, 255, 255, hash(bytes) as u8][..], bytes].concat()
}

/// The same in every run.
fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

fn write(to: &Path, target: &str, seeds: impl Iterator<Item = Vec<u8>>) -> std::io::Result<()> {
    let folder = to.join(target);
    fs::create_dir_all(&folder)?;
    let mut count = 0;
    for seed in seeds {
        fs::write(folder.join(format!("seed-{:016x}", hash(&seed))), seed)?;
        count += 1;
    }
    println!("{target}: {count} seeds");
    Ok(())
}

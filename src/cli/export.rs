//! `export`: approved orders, approved moves and channel quantities go out as files.

use crate::cli::ExportArgs;
use crate::cli::planned::planned;
use crate::cli::print::{print_json, say};
use crate::domain::error::{Error, Result};
use crate::domain::shown::number_of;
use crate::review::decisions::{Export, KeptDecisions};
use crate::review::exports::{
    Document, ExportFile, Keeping, Page, Selection, What, channel_stock, destinations, documents,
    keep, leave_out,
};
use crate::run;
use crate::store::{OutputLock, PublishedRun};
use chrono::NaiveDate;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Writes what was approved and never exported (with `--all`, all that stands), or what channels
/// may show. Nothing that lies there already is overwritten.
pub(crate) fn export(args: &ExportArgs) -> Result<u8> {
    let plan = planned(&args.options)?;
    let out = &plan.run.out;
    // Two exports at once would each take the same lines for new.
    let _lock = OutputLock::acquire(out, "export")?;
    let current = PublishedRun::current(out)?;
    let as_of = current.manifest.as_of;
    let what = what(args)?;
    let kept = KeptDecisions::read(out)?;
    let selection = if args.all { Selection::All } else { Selection::New };
    let page = Page {
        settings: &plan.export,
        currency: &plan.purchase.currency,
        as_of,
        dates: plan.export.dates.unwrap_or(args.format.dates()),
    };
    let mut documents = documents(&kept, as_of, what, selection);
    let left_out = leave_out(args.format, &mut documents, &destinations(&current)?);
    let mut cut = 0;
    let files = match what {
        What::Quantities => {
            let channels = quantities(args, &current)?;
            cut = channels.cut;
            channels.files
        }
        What::Orders | What::Transfers if documents.is_empty() => Vec::new(),
        What::Orders | What::Transfers => args.format.documents(what, &documents, &page)?,
    };
    let keeping = Keeping {
        out,
        file: args.file.as_deref(),
        format: args.format,
        what,
        as_of,
        time: &run::now(),
    };
    let paths = keep(&keeping, &files, &documents)?;
    // After the files are kept: what was written just now counts as exported.
    let mut standing = crate::review::exports::documents(&kept, as_of, what, Selection::All);
    leave_out(args.format, &mut standing, &destinations(&current)?);
    let earlier = earlier(&kept, &standing);
    tell(args, what, &documents, &paths, &earlier, &Told { left_out, cut })?;
    // A program that reads the answer needs no advice.
    if paths.is_empty() && !args.options.voice.json {
        hint(args, what, &kept, as_of);
    }
    Ok(0)
}

/// What else the format could write: whoever approved orders and asks a format that writes moves
/// first is not told that there is nothing.
fn hint(args: &ExportArgs, what: What, kept: &KeptDecisions, as_of: NaiveDate) {
    for other in args.format.writes().iter().filter(|other| **other != what) {
        let waiting = crate::review::exports::documents(kept, as_of, *other, Selection::New);
        let lines: usize = waiting.iter().map(|document| document.lines.len()).sum();
        if lines > 0 {
            let name = other.name();
            say!("  {} of {name} not exported yet: add --what {name}", number_of(lines, "line"));
        }
    }
}

/// What the format is to write: what `--what` says, or its first choice.
fn what(args: &ExportArgs) -> Result<What> {
    let writes = args.format.writes();
    let Some(what) = args.what else { return Ok(writes[0]) };
    if writes.contains(&what) {
        return Ok(what);
    }
    let names: Vec<&str> = writes.iter().map(|what| what.name()).collect();
    let message =
        format!("--what {}: {} writes {}", what.name(), args.format.name(), names.join(" and "));
    Err(Error::Config(vec![message]))
}

/// What is not in the files as it stands in the run.
struct Told {
    /// Why whole documents are left out.
    left_out: BTreeSet<String>,
    /// Quantities that were cut to whole units.
    cut: usize,
}

/// The files of all channels.
struct ChannelFiles {
    files: Vec<ExportFile>,
    /// Quantities in them that were cut to whole units.
    cut: usize,
}

/// One file a channel, or that of the channel asked for.
fn quantities(args: &ExportArgs, current: &PublishedRun) -> Result<ChannelFiles> {
    let mut channels = channel_stock(current)?;
    if let Some(wanted) = &args.channel {
        // Before they are narrowed down: the message lists what could have been asked for.
        let known = channels.keys().cloned().collect::<Vec<_>>().join(", ");
        channels.retain(|channel, _| channel == wanted);
        if channels.is_empty() {
            let message = format!("--channel {wanted}: the newest run knows {known}");
            return Err(Error::Config(vec![message]));
        }
    }
    let names: Vec<&str> = channels.keys().map(String::as_str).collect();
    // Two channels whose names differ in signs alone may not share a file.
    let parts = crate::tables::drafts::file_names(&names);
    // Whoever names the file wants it called that.
    let is_one = parts.len() == 1 && args.file.is_some();
    let mut files = Vec::with_capacity(parts.len());
    let mut cut = 0;
    for (part, stock) in parts.into_iter().zip(channels.values()) {
        let part = if is_one { String::new() } else { part };
        let file = args.format.quantities(stock)?;
        cut += file.cut;
        files.push(ExportFile { part, bytes: file.bytes });
    }
    Ok(ChannelFiles { files, cut })
}

/// Exports of lines that still stand, with how many of them each has.
fn earlier<'k>(kept: &'k KeptDecisions, standing: &[Document<'_>]) -> BTreeMap<&'k Export, usize> {
    let mut exports: BTreeMap<&Export, usize> = BTreeMap::new();
    for decision in standing.iter().flat_map(|document| &document.lines) {
        if let Some(export) = kept.export_of(&decision.recommendation_id) {
            *exports.entry(export).or_default() += 1;
        }
    }
    exports
}

/// Says what was written where, and what was exported before.
fn tell(
    args: &ExportArgs,
    what: What,
    documents: &[Document<'_>],
    paths: &[PathBuf],
    earlier: &BTreeMap<&Export, usize>,
    told: &Told,
) -> Result<()> {
    let Told { left_out, cut } = told;
    let lines: usize = documents.iter().map(|document| document.lines.len()).sum();
    if args.options.voice.json {
        let before: Vec<_> = earlier
            .iter()
            .map(|(export, lines)| {
                let Export { time, format, files } = export;
                json!({"time": time, "format": format, "files": files, "lines": lines})
            })
            .collect();
        return print_json(&json!({
            "what": what.name(),
            "file": paths.first(),
            "files": paths,
            "orders": documents.len(),
            "lines": lines,
            "exported_before": before,
            "left_out": left_out,
            "cut_to_whole_units": cut,
        }));
    }
    let noun = match what {
        What::Orders => "order",
        What::Transfers => "transfer",
        What::Quantities => "channel",
    };
    if paths.is_empty() {
        say!("nothing new to export: no {} approved and not exported", what.name());
    } else if what == What::Quantities {
        say!("{} written:", number_of(paths.len(), noun));
    } else {
        say!("{} with {} written:", number_of(documents.len(), noun), number_of(lines, "line"));
    }
    for path in paths {
        say!("  {}", path.display());
    }
    for reason in left_out {
        say!("  left out: {reason}");
    }
    if *cut > 0 {
        let figures = number_of(*cut, "figure");
        say!("  {figures} cut to whole units: {} counts no parts of one", args.format.name());
    }
    if !args.all {
        for (export, lines) in earlier {
            let Export { time, format, files } = export;
            let when = if time.is_empty() { "before" } else { time };
            let lines = number_of(*lines, "line");
            // The first version kept neither format nor files.
            let what = format!("{lines}, {when}, {format} {files}");
            say!("  exported already: {}", what.trim_end_matches([' ', ',']));
        }
        if !earlier.is_empty() {
            say!("  --all writes them again, with the same ids");
        }
    }
    Ok(())
}

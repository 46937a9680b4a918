//! `observe`, `merge`, `plan`, `finish`: one phase of a night over buckets, for an engine that has
//! several machines. `src/engines/python` calls them in turn.

use crate::cli::planned::planned;
use crate::cli::print::print_json;
use crate::cli::progress::Terminal;
use crate::cli::run::print_summary;
use crate::cli::{BucketArgs, FinishArgs, Joined, MergeArgs, ObserveArgs, Pass, PlanArgs};
use crate::domain::error::{Error, Result};
use crate::run::phases::{self, Bucket, Work};

/// Looks at some buckets.
pub(crate) fn observe(args: &ObserveArgs) -> Result<u8> {
    let plan = planned(&args.options)?;
    let BucketArgs { work, bucket, attempt } = &args.buckets;
    let work = Work::new(work, attempt);
    match args.pass {
        Pass::Rows => {
            let of = buckets(args.of)?;
            if let Some(bucket) = bucket.iter().find(|&&bucket| bucket >= of) {
                let problem = format!("bucket {bucket} of {of}: buckets count from 0");
                return Err(Error::Config(vec![problem]));
            }
            let of_all: Vec<Bucket> = bucket.iter().map(|&bucket| Bucket { bucket, of }).collect();
            phases::observe_rows(&plan, &work, &of_all)?;
        }
        Pass::History => phases::observe_history(&plan, &work, bucket)?,
    }
    Ok(0)
}

fn buckets(of: Option<u32>) -> Result<u32> {
    of.filter(|&of| of > 0).ok_or_else(|| {
        Error::Config(vec!["--of N: expected the number of buckets, 1 or more".to_owned()])
    })
}

/// Joins what was observed of all buckets.
pub(crate) fn merge(args: &MergeArgs) -> Result<u8> {
    let plan = planned(&args.options)?;
    let work = Work::new(&args.work, "");
    match args.pass {
        Joined::Rows => phases::merge_rows(&plan, &work, buckets(args.of)?)?,
        Joined::History => phases::merge_history(&plan, &work)?,
        Joined::Families => print_json(&phases::placing(&plan)?)?,
    }
    Ok(0)
}

/// Plans some buckets.
pub(crate) fn plan(args: &PlanArgs) -> Result<u8> {
    let plan = planned(&args.options)?;
    let BucketArgs { work, bucket, attempt } = &args.buckets;
    let work = Work::new(work, attempt);
    phases::plan_buckets(&plan, &work, bucket)?;
    Ok(0)
}

/// Publishes what was planned.
pub(crate) fn finish(args: &FinishArgs) -> Result<u8> {
    let plan = planned(&args.options)?;
    let progress = Terminal::new(args.options.voice.log_format);
    let summary = phases::finish(&plan, &Work::new(&args.work, ""), &progress)?;
    print_summary(&summary, args.options.voice)?;
    Ok(summary.exit_code())
}

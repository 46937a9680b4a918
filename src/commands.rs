//! One function a command: arguments in, exit code out. What a command says goes to stdout, how it gets on to stderr.

use crate::cli::{Cli, Command};
use crate::error::Result;
use crate::{init, sample};

/// Does what the command line says and returns the exit code of the contract.
///
/// # Errors
/// Whatever stops the command; [`crate::error::Error::exit_code`] is its exit code.
pub fn execute(cli: &Cli) -> Result<u8> {
    match &cli.command {
        Command::Demo(args) => {
            let data = args.out.join("data");
            sample::write(&data, args.skus, args.seed)?;
            println!("{}", data.display());
        }
        Command::Init(args) => {
            for file in init::init(&args.dir)? {
                println!("{}", file.display());
            }
        }
        _ => {}
    }
    Ok(0)
}

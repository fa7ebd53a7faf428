//! nginx with nchan, as Debian packages them, with a configuration of its own in the run's folder.
//!
//! One process: nginx without its master is the worker alone, and its memory and time are what is measured.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;

use super::peer::{Peer, free_port};
use super::{Running, Setting, StartError};
use crate::limits::{LISTEN_BACKLOG, START_WAIT};

const PEER: Peer = Peer {
    name: "nchan",
    note: "10 messages per channel kept in memory for a minute: no rights, no disk; the queue of a slow reader grows",
    dialect: "nchan",
    remedy: "run `scripts/setup.sh bench`, or install nginx and its module nchan",
};

/// Where Debian puts them; the server is not on everybody's path.
const PROGRAM: &str = "/usr/sbin/nginx";
const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";
/// What nginx logs when its sockets listen.
const LISTENS: &str = "getrlimit(RLIMIT_NOFILE)";

/// Starts it.
pub(super) fn start(setting: &Setting<'_>) -> Result<Running, StartError> {
    if !Path::new(MODULE).exists() {
        return Err(PEER.missing());
    }
    let nginx = PEER.version(Command::new(PROGRAM).arg("-v"))?;
    let nginx = nginx.rsplit('/').next().unwrap_or_default();
    let port = free_port().map_err(|error| PEER.failed(error))?;
    let folder = fs::canonicalize(&setting.folder).map_err(|error| PEER.failed(error))?;
    let file = folder.join("nginx.conf");
    fs::write(&file, configuration(&folder, port)).map_err(|error| PEER.failed(error))?;
    let mut command = Command::new(PROGRAM);
    command.arg("-c").arg(&file);
    let mut running =
        PEER.start(&mut command, setting, String::new(), |line| line.contains(LISTENS).then_some(port))?;
    let nchan = nchan_version(running.address).map_err(|error| PEER.failed(error))?;
    running.version = format!("nginx {nginx}, nchan {nchan}");
    Ok(running)
}

fn configuration(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    format!(
        "load_module {MODULE};
daemon off;
master_process off;
worker_processes 1;
pid \"{folder}/pid\";
error_log stderr notice;
events {{ worker_connections 19900; }}
http {{
  access_log off;
  client_body_temp_path \"{folder}/body\";
  proxy_temp_path \"{folder}/proxy\";
  fastcgi_temp_path \"{folder}/fastcgi\";
  uwsgi_temp_path \"{folder}/uwsgi\";
  scgi_temp_path \"{folder}/scgi\";
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  nchan_shared_memory_size 512m;
  nchan_message_buffer_length 10;
  nchan_message_timeout 1m;
  server {{
    listen 127.0.0.1:{port} backlog={LISTEN_BACKLOG};
    location = /status {{ nchan_stub_status; }}
    location ~ ^/follow/(.+)$ {{
      nchan_subscriber websocket;
      nchan_channel_id $1;
      nchan_subscriber_first_message newest;
    }}
    location ~ ^/publish/(.+)$ {{ nchan_publisher http; nchan_channel_id $1; }}
  }}
}}
"
    )
}

/// The module says its version in its status alone.
fn nchan_version(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(START_WAIT))?;
    write!(stream, "GET /status HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut status = String::new();
    stream.read_to_string(&mut status)?;
    let version = status.lines().find_map(|line| line.strip_prefix("nchan version: "));
    Ok(version.unwrap_or_default().trim().to_owned())
}

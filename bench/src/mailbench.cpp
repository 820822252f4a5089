// mailbench - load generator for SMTP/LMTP, IMAP and POP3 servers on loopback.
// One file, no dependencies but OpenSSL: g++ -O2 -std=c++17 -pthread mailbench.cpp -lssl -lcrypto -o mailbench
// --tls: STARTTLS before anything else (smtp-in and all imap subcommands); certificates are not looked at
//
// Every subcommand prints machine readable lines "name value unit" on stdout.
//   smtp-in   SMTP/LMTP injection (epoll), optional in-process sink (relay test),
//             optional wait until all mails are in the maildirs (inotify + final count)
//   sink      stand-alone SMTP sink
//   imap-login, imap-append, imap-run, imap-idle, imap-mix, imap-fill
//   pop3-get, pop3-list
//   pss       sum of Pss/Rss over pids
//   dnsd      tiny DNS responder (peers that insist on DNS)
//   syslogd   minimal /dev/log reader
//   count     number of messages in new/ and cur/ below a directory
#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <cmath>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <functional>
#include <map>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <string>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <time.h>
#include <unistd.h>
#include <vector>
using namespace std;
typedef uint64_t u64;

static double now() { timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec * 1e-9; }
[[noreturn]] static void die(const char *f, ...) {
  va_list a; va_start(a, f); fprintf(stderr, "mailbench: "); vfprintf(stderr, f, a); va_end(a); fputc('\n', stderr); exit(1);
}
static double pct(vector<double> &v, double p) {
  if (v.empty()) return 0;
  sort(v.begin(), v.end());
  size_t i = (size_t)(p * (v.size() - 1) + 0.5);
  return v[i];
}
static double selfcpu() { rusage r; getrusage(RUSAGE_SELF, &r); return r.ru_utime.tv_sec + r.ru_utime.tv_usec * 1e-6 + r.ru_stime.tv_sec + r.ru_stime.tv_usec * 1e-6; }
static void out(const char *n, double v, const char *u) { printf("%s %.6g %s\n", n, v, u); fflush(stdout); }

// ---------------------------------------------------------------- options
struct Opt {
  map<string, string> m; vector<string> pos;
  Opt(int c, char **v) {
    for (int i = 0; i < c; i++) {
      string a = v[i];
      if (a.rfind("--", 0) == 0) {
        size_t e = a.find('=');
        if (e != string::npos) m[a.substr(2, e - 2)] = a.substr(e + 1);
        else if (i + 1 < c && string(v[i + 1]).rfind("--", 0) != 0) { m[a.substr(2)] = v[i + 1]; i++; }
        else m[a.substr(2)] = "1";
      } else pos.push_back(a);
    }
  }
  string s(const char *k, const char *d) const { auto i = m.find(k); return i == m.end() ? d : i->second; }
  long n(const char *k, long d) const { auto i = m.find(k); return i == m.end() ? d : atol(i->second.c_str()); }
  bool has(const char *k) const { return m.count(k); }
};

struct Rng { u64 s; Rng(u64 x) : s(x) {} u64 operator()() { u64 z = (s += 0x9e3779b97f4a7c15ULL); z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL; z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL; return z ^ (z >> 31); } u64 below(u64 n) { return (*this)() % n; } };

static const char *WORDS[] = {"the", "server", "message", "please", "find", "attached", "report", "of", "meeting", "tomorrow", "project", "status", "review", "and", "delivery", "schedule", "to", "we", "should", "discuss", "budget", "with", "team", "before", "friday", "thanks", "regards", "new", "version", "release", "test", "in", "customer", "order", "number", "is", "confirmed", "for", "shipping", "address"};

// a plain mail of exactly `size` octets with CRLF line ends; "@@@@@@@@@@" in it is replaced by a serial
static string make_mail(size_t size, const string &dom, u64 seed) {
  Rng r(seed);
  string h = "Received: from client.example.test (localhost [127.0.0.1]) by relay.example.test; Sat, 21 Nov 2026 00:00:00 +0000\r\n"
             "From: Bench Sender <sender@client.example.test>\r\nTo: Bench Rcpt <rcpt@" + dom + ">\r\nSubject: benchmark mail @@@@@@@@@@\r\n"
             "Date: Sat, 21 Nov 2026 00:00:00 +0000\r\nMessage-ID: <@@@@@@@@@@.bench@client.example.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n";
  string b;
  while (h.size() + b.size() + 80 < size) {
    string l;
    while (l.size() < 66) { if (!l.empty()) l += ' '; l += WORDS[r.below(sizeof WORDS / sizeof *WORDS)]; }
    b += l + "\r\n";
  }
  size_t left = size > h.size() + b.size() + 2 ? size - h.size() - b.size() - 2 : 0;
  b += string(left, 'x') + "\r\n";
  return h + b;
}
static vector<size_t> serial_pos(const string &m) { vector<size_t> p; size_t i = 0; while ((i = m.find("@@@@@@@@@@", i)) != string::npos) { p.push_back(i); i += 10; } return p; }
static void put_serial(char *m, const vector<size_t> &p, u64 n) { char b[16]; snprintf(b, sizeof b, "%010llu", (unsigned long long)(n % 10000000000ULL)); for (size_t i : p) memcpy(m + i, b, 10); }

static int tcp(const string &host, int port, bool nb = false) {
  int fd = socket(AF_INET, SOCK_STREAM | (nb ? SOCK_NONBLOCK : 0) | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket: %s", strerror(errno));
  int one = 1; setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  sockaddr_in a{}; a.sin_family = AF_INET; a.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &a.sin_addr) != 1) die("bad host %s", host.c_str());
  if (connect(fd, (sockaddr *)&a, sizeof a) < 0 && errno != EINPROGRESS) { int e = errno; close(fd); errno = e; return -1; }
  return fd;
}
static int listen_on(const string &host, int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in a{}; a.sin_family = AF_INET; a.sin_port = htons(port); inet_pton(AF_INET, host.c_str(), &a.sin_addr);
  if (bind(fd, (sockaddr *)&a, sizeof a) < 0 || listen(fd, 1024) < 0) die("bind/listen %d: %s", port, strerror(errno));
  return fd;
}

// ---------------------------------------------------------------- TLS
// one context for all connections; no session is resumed, so that every handshake is a whole one
static SSL *tls_new(int fd) {
  static SSL_CTX *ctx = [] { SSL_CTX *c = SSL_CTX_new(TLS_client_method()); if (!c) die("SSL_CTX_new"); SSL_CTX_set_verify(c, SSL_VERIFY_NONE, 0); SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF); SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS); return c; }();
  SSL *s = SSL_new(ctx); if (!s || !SSL_set_fd(s, fd)) die("SSL_new"); SSL_set_connect_state(s); return s;
}
// as read(2) and write(2) on a non-blocking descriptor: -1 with EAGAIN when the other end has to do something first
static ssize_t io_result(SSL *s, int r) { if (r > 0) return r; int e = SSL_get_error(s, r); if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE) { errno = EAGAIN; return -1; } ERR_clear_error(); if (e == SSL_ERROR_ZERO_RETURN) return 0; errno = ECONNRESET; return -1; }
static ssize_t rd(int fd, SSL *s, void *b, size_t n) { return s ? io_result(s, SSL_read(s, b, (int)min<size_t>(n, 1 << 30))) : read(fd, b, n); }
static ssize_t wr(int fd, SSL *s, const void *b, size_t n) { return s ? io_result(s, SSL_write(s, b, (int)min<size_t>(n, 1 << 30))) : write(fd, b, n); }

// ---------------------------------------------------------------- sink
struct Sink {
  struct C { int fd; string in; bool data = false; int rcpts = 0; };
  int ep, lfd; map<int, C *> cs; long msgs = 0, rcpts = 0; u64 bytes = 0; long conns = 0, peak = 0;
  Sink(int ep_, const string &h, int port) : ep(ep_) { lfd = listen_on(h, port); epoll_event e{}; e.events = EPOLLIN; e.data.fd = lfd; epoll_ctl(ep, EPOLL_CTL_ADD, lfd, &e); }
  bool owns(int fd) { return fd == lfd || cs.count(fd); }
  static void put(int fd, const string &s) { if (s.empty()) return; ssize_t r = write(fd, s.data(), s.size()); (void)r; }
  void drop(C *c) { close(c->fd); cs.erase(c->fd); delete c; }
  void event(int fd) {
    if (fd == lfd) {
      for (;;) {
        int n = accept4(lfd, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC); if (n < 0) return;
        int one = 1; setsockopt(n, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        C *c = new C; c->fd = n; cs[n] = c; conns++; peak = max(peak, (long)cs.size());
        epoll_event e{}; e.events = EPOLLIN; e.data.fd = n; epoll_ctl(ep, EPOLL_CTL_ADD, n, &e);
        put(n, "220 mx.sink.test ESMTP sink\r\n");
      }
    }
    C *c = cs[fd]; static thread_local char buf[262144];
    for (;;) {
      ssize_t r = read(fd, buf, sizeof buf);
      if (r == 0 || (r < 0 && errno != EAGAIN)) { drop(c); return; }
      if (r < 0) break;
      bytes += r; c->in.append(buf, r);
      if (r < (ssize_t)sizeof buf) break;
    }
    string o;
    for (;;) {
      if (c->data) {
        size_t p;
        if (c->in.compare(0, 3, ".\r\n") == 0) p = 0;
        else { p = c->in.find("\r\n.\r\n"); if (p == string::npos) { if (c->in.size() > 8) c->in.erase(0, c->in.size() - 5); break; } p += 2; }
        c->in.erase(0, p + 3); c->data = false; msgs++; rcpts += c->rcpts; c->rcpts = 0; o += "250 2.0.0 Ok\r\n"; continue;
      }
      size_t p = c->in.find('\n'); if (p == string::npos) break;
      string l = c->in.substr(0, p); c->in.erase(0, p + 1);
      char k = l.empty() ? 0 : toupper(l[0]), k2 = l.size() > 1 ? toupper(l[1]) : 0;
      if (k == 'E' && k2 == 'H') o += "250-mx.sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 100000000\r\n250 DSN\r\n";
      else if (k == 'H') o += "250 mx.sink.test\r\n";
      else if (k == 'D') { c->data = true; o += "354 go\r\n"; }
      else if (k == 'Q') { put(fd, o + "221 bye\r\n"); drop(c); return; }
      else { if (k == 'R' && k2 == 'C') c->rcpts++; o += "250 2.1.0 Ok\r\n"; }
    }
    put(fd, o);
  }
};

// ---------------------------------------------------------------- maildir watching
static long count_dir(const string &p) { DIR *d = opendir(p.c_str()); if (!d) return 0; long n = 0; while (dirent *e = readdir(d)) if (e->d_name[0] != '.') n++; closedir(d); return n; }
static void find_maildirs(const string &base, vector<string> &v, int depth = 0) {
  struct stat st;
  if (stat((base + "/new").c_str(), &st) == 0 && S_ISDIR(st.st_mode) && stat((base + "/cur").c_str(), &st) == 0) v.push_back(base);
  if (depth >= 3) return;
  DIR *d = opendir(base.c_str()); if (!d) return;
  while (dirent *e = readdir(d)) { string n = e->d_name; if (n == "." || n == ".." || n == "new" || n == "cur" || n == "tmp" || e->d_type != DT_DIR) continue; find_maildirs(base + "/" + n, v, depth + 1); }
  closedir(d);
}
static long count_all(const string &base) { vector<string> v; find_maildirs(base, v); long n = 0; for (auto &d : v) n += count_dir(d + "/new") + count_dir(d + "/cur"); return n; }

// ---------------------------------------------------------------- smtp-in
static int smtp_in(Opt &o) {
  string host = o.s("host", "127.0.0.1"), dom = o.s("domain", "bench.test"), from = o.s("from", "sender@client.example.test"), wait = o.s("wait-maildirs", "");
  int port = o.n("port", 25), C = o.n("c", 10), K = o.n("k", 1), R = o.n("r", 1), U = o.n("users", 100), sinkport = o.n("sink", 0);
  long M = o.n("m", 1000); size_t S = o.n("s", 1024); double timeout = o.n("timeout", 120);
  bool pipe = o.has("pipelining"), lmtp = o.has("lmtp"), tls = o.has("tls"); int u0 = o.n("first-user", 1);
  long W = o.n("warm", 0), sinkbase = 0, idbase = 0; string between = o.s("between", "");   // uncounted messages first, then a command, then the measured run
  string mail = make_mail(S, dom, 42); auto sp = serial_pos(mail);
  int ep = epoll_create1(0); Sink *sink = 0; if (sinkport) sink = new Sink(ep, "127.0.0.1", sinkport);
  int ino = -1; long arrived = 0, base_count = 0;
  if (!wait.empty()) {
    ino = inotify_init1(IN_NONBLOCK | IN_CLOEXEC); vector<string> v; find_maildirs(wait, v); if (v.empty()) die("no maildirs below %s", wait.c_str());
    for (auto &d : v) inotify_add_watch(ino, (d + "/new").c_str(), IN_CREATE | IN_MOVED_TO);
    base_count = count_all(wait);
    epoll_event e{}; e.events = EPOLLIN; e.data.fd = ino; epoll_ctl(ep, EPOLL_CTL_ADD, ino, &e);
  }
  enum { GREET, STLS, SHAKE, EHLO, MAIL, RCPT, DATA, ENV, BODY, QUIT };
  struct Conn { int fd = -1; SSL *ssl = 0; bool offers = false; int st = GREET, need = 0, k = 0, okr = 0; bool sentdata = false; u64 id = 0; string in, outb; size_t off = 0; double t0 = 0, tm = 0; int bodyreply = 0; };
  vector<Conn> cs(C); map<int, Conn *> byfd;
  long next = 0, done = 0, failed = 0, connects = 0; vector<double> lat, tlat; lat.reserve(M); tlat.reserve(M); long errs = 0; string firsterr;
  static unsigned long long runid = (unsigned long long)time(0) % 100000;
  auto arm = [&](Conn &c) { epoll_event e{}; e.events = EPOLLIN | (c.off < c.outb.size() ? EPOLLOUT : 0); e.data.fd = c.fd; epoll_ctl(ep, EPOLL_CTL_MOD, c.fd, &e); };
  auto flush = [&](Conn &c) { bool had = c.off < c.outb.size(); while (c.off < c.outb.size()) { ssize_t w = wr(c.fd, c.ssl, c.outb.data() + c.off, c.outb.size() - c.off); if (w < 0) break; c.off += w; } if (c.off >= c.outb.size()) { c.outb.clear(); c.off = 0; if (had) arm(c); } else arm(c); };
  auto send = [&](Conn &c, const string &s) { c.outb += s; while (c.off < c.outb.size()) { ssize_t w = wr(c.fd, c.ssl, c.outb.data() + c.off, c.outb.size() - c.off); if (w < 0) { arm(c); return; } c.off += w; } c.outb.clear(); c.off = 0; };
  auto open = [&](Conn &c) {
    if (next >= M) { c.fd = -1; return; }
    c.fd = tcp(host, port, true); if (c.fd < 0) die("connect: %s", strerror(errno));
    c.st = GREET; c.in.clear(); c.outb.clear(); c.off = 0; c.k = 0; c.offers = false; connects++; byfd[c.fd] = &c;
    epoll_event e{}; e.events = EPOLLIN; e.data.fd = c.fd; epoll_ctl(ep, EPOLL_CTL_ADD, c.fd, &e);
  };
  auto closec = [&](Conn &c) { byfd.erase(c.fd); if (c.ssl) { SSL_free(c.ssl); c.ssl = 0; } close(c.fd); c.fd = -1; open(c); };
  // like Postfix's client we do not wait for the reply to QUIT (--waitquit: do)
  bool offered = false; vector<Conn *> closing; bool waitquit = o.has("waitquit");
  auto rc = [&](u64 id, int j) { char b[128]; snprintf(b, sizeof b, "RCPT TO:<u%04d@%s>\r\n", u0 + (int)((id * R + j) % U), dom.c_str()); return string(b); };
  auto start = [&](Conn &c) {
    if (next >= M || c.k >= K) { send(c, "QUIT\r\n"); c.st = QUIT; if (!waitquit) { closing.push_back(&c); } return; }
    c.id = next++; c.k++; c.okr = 0; c.tm = now();
    string m = "MAIL FROM:<" + from + ">\r\n";
    if (pipe) { for (int j = 0; j < R; j++) m += rc(c.id, j); m += "DATA\r\n"; c.st = ENV; c.need = R + 2; } else c.st = MAIL;
    send(c, m);
  };
  auto body = [&](Conn &c) { put_serial(&mail[0], sp, runid * 100000 + idbase + c.id); c.outb.reserve(S + 8); c.st = BODY; c.bodyreply = lmtp ? R : 1; send(c, mail + ".\r\n"); c.t0 = now(); };
  auto err = [&](Conn &c, const string &l) { errs++; if (firsterr.empty()) firsterr = l; };
  vector<epoll_event> ev(256); static char buf[65536]; double t0 = 0, tacc = 0, cpu0 = 0, tin = 0, last = 0;
  auto phase = [&](long count) { // injects `count` messages and waits for their arrival; the clocks and counters are those of the last phase
  M = count; cs.assign(min<long>(C, M), Conn()); next = done = failed = connects = errs = arrived = 0; firsterr.clear(); lat.clear(); tlat.clear();
  if (sink) { sinkbase = sink->rcpts; sink->conns = sink->msgs = 0; sink->peak = sink->cs.size(); }
  if (ino >= 0) base_count = count_all(wait);
  t0 = last = now(); tacc = tin = 0; cpu0 = selfcpu();
  for (auto &c : cs) open(c);
  for (;;) {
    bool acc = done + failed >= M;
    if (acc && !tacc) { tacc = now(); }
    if (acc) { if (sink ? sink->rcpts - sinkbase >= done * R : ino >= 0 ? arrived >= done * R : true) break; }
    if (now() - last > timeout) { fprintf(stderr, "mailbench: timeout: accepted %ld failed %ld arrived %ld sink %ld first error: %s\n", done, failed, arrived, sink ? sink->rcpts - sinkbase : 0, firsterr.c_str()); break; }
    int n = epoll_wait(ep, ev.data(), ev.size(), 500);
    for (int i = 0; i < n; i++) {
      int fd = ev[i].data.fd;
      if (sink && sink->owns(fd)) { sink->event(fd); last = now(); continue; }
      if (fd == ino) { for (;;) { ssize_t r = read(ino, buf, sizeof buf); if (r <= 0) break; for (char *p = buf; p < buf + r;) { inotify_event *e = (inotify_event *)p; if (e->len && e->name[0] != '.') { arrived++; tin = now(); } p += sizeof *e + e->len; } last = now(); } continue; }
      auto it = byfd.find(fd); if (it == byfd.end()) continue; Conn &c = *it->second; last = now();
      if (ev[i].events & EPOLLOUT) { flush(c); if (c.st == BODY && c.outb.empty()) c.t0 = now(); }
      if (!(ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))) continue;
      if (c.st == SHAKE) {
        ssize_t h = io_result(c.ssl, SSL_do_handshake(c.ssl)); if (h < 0 && errno == EAGAIN) continue;
        if (h <= 0) { err(c, "TLS handshake"); if (next < M) { next++; failed++; } closec(c); continue; }
        c.st = EHLO; send(c, lmtp ? "LHLO client.example.test\r\n" : "EHLO client.example.test\r\n");
      }
      ssize_t r = rd(fd, c.ssl, buf, sizeof buf);
      if (r < 0 && errno == EAGAIN) continue;
      while (r > 0 && c.ssl && SSL_pending(c.ssl) > 0 && r < (ssize_t)sizeof buf) { ssize_t m = rd(fd, c.ssl, buf + r, sizeof buf - r); if (m <= 0) break; r += m; }
      if (r <= 0) { if (c.st != QUIT) { err(c, "closed by server in state " + to_string(c.st)); if (c.st >= MAIL && c.st <= BODY) failed++; } closec(c); continue; }
      c.in.append(buf, r); size_t p;
      bool gone = false;
      while (!gone && (p = c.in.find('\n')) != string::npos) {
        string l = c.in.substr(0, p); c.in.erase(0, p + 1);
        if (c.st == EHLO && l.size() > 13 && !strncasecmp(l.c_str() + 4, "PIPELINING", 10)) offered = true;
        if (c.st == EHLO && l.size() > 11 && !strncasecmp(l.c_str() + 4, "STARTTLS", 8)) c.offers = true;
        if (l.size() > 3 && l[3] == '-') continue;
        if (c.st == EHLO && tls && !c.ssl) { if (!c.offers) { fprintf(stderr, "mailbench: the server does not offer STARTTLS\n"); exit(9); } c.st = STLS; send(c, "STARTTLS\r\n"); continue; }
        if (c.st == EHLO && pipe && !offered) { fprintf(stderr, "mailbench: the server does not offer PIPELINING\n"); exit(9); }
        int cls = l.empty() ? 0 : l[0] - '0';
        switch (c.st) {
        case GREET: if (cls != 2) { err(c, l); closec(c); gone = true; usleep(1000); break; } send(c, lmtp ? "LHLO client.example.test\r\n" : "EHLO client.example.test\r\n"); c.st = EHLO; break;
        case STLS: if (cls != 2) { fprintf(stderr, "mailbench: STARTTLS: %s\n", l.c_str()); exit(9); } c.ssl = tls_new(c.fd); c.st = SHAKE; SSL_do_handshake(c.ssl); break;
        case EHLO: start(c); break;
        case MAIL: if (cls != 2) { err(c, l); failed++; start(c); break; } c.need = 0; send(c, rc(c.id, 0)); c.st = RCPT; break;
        case RCPT: if (cls == 2) c.okr++; else err(c, l); if (++c.need < R) { send(c, rc(c.id, c.need)); break; } if (!c.okr) { failed++; send(c, "RSET\r\n"); c.st = EHLO; break; } send(c, "DATA\r\n"); c.st = DATA; break;
        case DATA: if (cls != 3) { err(c, l); failed++; start(c); break; } body(c); break;
        case ENV: c.need--; if (c.need > 0) { if (cls == 2) c.okr++; else err(c, l); } else { if (cls != 3) { err(c, l); failed++; send(c, "RSET\r\n"); c.st = EHLO; break; } body(c); } break;
        case BODY: { if (cls != 2) err(c, l); if (--c.bodyreply > 0) break; double t = now(); lat.push_back(t - c.t0); tlat.push_back(t - c.tm); if (cls == 2) done++; else failed++; start(c); break; }
        case QUIT: closec(c); gone = true; break;
        }
        if (!closing.empty()) { closing.clear(); closec(c); gone = true; }
      }
    }
  }
  for (auto &c : cs) if (c.fd >= 0) { byfd.erase(c.fd); if (c.ssl) { SSL_free(c.ssl); c.ssl = 0; } close(c.fd); c.fd = -1; }
  };
  if (W) {
    idbase = 90000; phase(W); idbase = 0; if (failed) { fprintf(stderr, "mailbench: %ld of %ld warm-up messages failed: %s\n", failed, W, firsterr.c_str()); return 3; }
    // the command runs in a child so that a peer which still talks to the sink is answered meanwhile
    pid_t pid = between.empty() ? 0 : fork(); if (pid < 0) die("fork: %s", strerror(errno));
    if (!pid && !between.empty()) { execl("/bin/sh", "sh", "-c", between.c_str(), (char *)0); _exit(127); }
    for (int st = 0; pid && waitpid(pid, &st, WNOHANG) == 0;) { int n = epoll_wait(ep, ev.data(), ev.size(), 20); for (int i = 0; i < n; i++) { int fd = ev[i].data.fd; if (sink && sink->owns(fd)) sink->event(fd); else if (fd == ino) while (read(ino, buf, sizeof buf) > 0); } }
  }
  phase(o.n("m", 1000));
  double t1 = now(); if (!tacc) tacc = t1;
  out("accepted", done, "msgs"); if (failed || errs) { out("failed", failed, "msgs"); out("errors", errs, "replies"); fprintf(stderr, "mailbench: first error: %s\n", firsterr.c_str()); }
  out("accept_time", tacc - t0, "s"); out("accept_rate", done / (tacc - t0), "msg/s"); out("accept_mb", done * S / (tacc - t0) / 1e6, "MB/s");
  out("eod_p50", pct(lat, .5) * 1e3, "ms"); out("eod_p99", pct(lat, .99) * 1e3, "ms"); out("txn_p50", pct(tlat, .5) * 1e3, "ms"); out("txn_p99", pct(tlat, .99) * 1e3, "ms");
  out("connects", connects, "conns");
  if (sink) { long got = sink->rcpts - sinkbase; out("relayed", got, "rcpts"); out("relay_msgs", sink->msgs, "msgs"); out("relay_time", t1 - t0, "s"); out("relay_rate", got / (t1 - t0), "rcpt/s"); out("sink_conns", sink->conns, "conns"); out("sink_peak", sink->peak, "conns"); }
  if (ino >= 0) { long real = count_all(wait) - base_count; double te = tin ? max(tin, tacc) : t1; out("delivered", real, "files"); out("deliver_time", te - t0, "s"); out("deliver_rate", real / (te - t0), "rcpt/s"); }
  out("client_cpu", selfcpu() - cpu0, "s");
  return failed ? 3 : 0;
}
static int sink_main(Opt &o) {
  int ep = epoll_create1(0); Sink s(ep, o.s("host", "127.0.0.1"), o.n("port", 2925)); long count = o.n("m", 0); double t0 = 0; vector<epoll_event> ev(256);
  for (;;) { int n = epoll_wait(ep, ev.data(), 256, 1000); for (int i = 0; i < n; i++) { if (!t0) t0 = now(); s.event(ev[i].data.fd); } if (count && s.rcpts >= count) break; }
  out("relayed", s.rcpts, "rcpts"); out("relay_time", now() - t0, "s"); return 0;
}

// ---------------------------------------------------------------- IMAP client (blocking)
struct Imap {
  inline static bool tls = false; int fd = -1; SSL *ssl = 0; string buf; size_t off = 0; int tagno = 0; u64 bytes = 0; string err; vector<string> untagged; bool keep = false; long lines = 0;
  ~Imap() { if (ssl) SSL_free(ssl); if (fd >= 0) close(fd); }
  // acknowledge at once: servers that leave Nagle on would otherwise sit out our 40 ms delayed ACK (MB_DELACK=1 to see that)
  void quick() { static bool off_ = getenv("MB_DELACK"); if (!off_) { int one = 1; setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one); } }
  bool fill() { if (off > 0 && off == buf.size()) { buf.clear(); off = 0; } static thread_local vector<char> t(1 << 18); ssize_t r = rd(fd, ssl, t.data(), t.size()); if (r <= 0) { err = "connection closed"; return false; } quick(); bytes += r; if (off > (1 << 20)) { buf.erase(0, off); off = 0; } buf.append(t.data(), r); return true; }
  bool line(string &l) { // one line without CRLF; literals inside are skipped and not part of it
    l.clear(); lines++;
    for (;;) {
      size_t scan = off, p;
      while ((p = buf.find('\n', scan)) == string::npos) { scan = buf.size() > off ? buf.size() : off; size_t d = scan - off; if (!fill()) return false; scan = off + d; }
      size_t e = p; if (e > off && buf[e - 1] == '\r') e--;
      // literal?
      if (e > off && buf[e - 1] == '}') {
        size_t q = e - 2; while (q > off && isdigit((unsigned char)buf[q])) q--;
        if (buf[q] == '{' && q < e - 2) {
          u64 n = strtoull(buf.c_str() + q + 1, 0, 10); if (l.size() < 4096) l.append(buf, off, e - off); off = p + 1;
          while (n > 0) { u64 have = buf.size() - off; u64 t = min<u64>(have, n); off += t; n -= t; if (n && !fill()) return false; }
          continue;
        }
      }
      if (l.size() < 65536) l.append(buf, off, min<size_t>(e - off, 1 << 16)); off = p + 1; return true;
    }
  }
  bool put(const string &s) { quick(); size_t o = 0; while (o < s.size()) { ssize_t w = wr(fd, ssl, s.data() + o, s.size() - o); if (w <= 0) { err = "write failed"; return false; } o += w; } return true; }
  bool waittag(const string &tag) { string l; while (line(l)) { if (l.compare(0, tag.size(), tag) == 0 && l[tag.size()] == ' ') { if (l.compare(tag.size() + 1, 2, "OK") == 0) { err = l; return true; } err = l; return false; } if (keep) untagged.push_back(l); } return false; }
  bool cmd(const string &c) { char t[16]; snprintf(t, sizeof t, "a%d", ++tagno); if (!put(string(t) + " " + c + "\r\n")) return false; return waittag(t); }
  bool connect(const string &h, int p) { for (int i = 0; i < 3; i++) { fd = tcp(h, p); if (fd >= 0) break; usleep(20000); } if (fd < 0) { err = string("connect: ") + strerror(errno); return false; } string l; if (!line(l)) return false; if (l.compare(0, 4, "* OK") != 0) { err = l; return false; } return !tls || starttls(); }
  bool starttls() { if (!cmd("STARTTLS")) { if (err.find("closed") == string::npos) { fprintf(stderr, "mailbench: STARTTLS: %s\n", err.c_str()); exit(9); } return false; } ssl = tls_new(fd); if (SSL_connect(ssl) != 1) { err = "TLS handshake"; return false; } return true; }
  bool login(const string &u, const string &pw) { return cmd("LOGIN " + u + " " + pw); }
  bool append(const string &box, const string &msg, bool plus) {
    char t[16]; snprintf(t, sizeof t, "a%d", ++tagno); char h[256]; snprintf(h, sizeof h, "%s APPEND %s (\\Seen) {%zu%s}\r\n", t, box.c_str(), msg.size(), plus ? "+" : "");
    if (plus) { if (!put(string(h) + msg + "\r\n")) return false; return waittag(t); }
    if (!put(h)) return false; string l; do { if (!line(l)) return false; if (l.compare(0, strlen(t), t) == 0) { err = l; return false; } } while (l[0] != '+');
    if (!put(msg + "\r\n")) return false; return waittag(t);
  }
};
static string user(const Opt &o, long i) { char b[64]; long U = o.n("users", 100), f = o.n("first-user", 1); snprintf(b, sizeof b, o.s("userfmt", "u%04d").c_str(), (int)(f + i % U)); return b; }

static void run_threads(int n, const function<void(int)> &f) { vector<thread> v; for (int i = 0; i < n; i++) v.emplace_back(f, i); for (auto &t : v) t.join(); }

static int imap_login(Opt &o) {
  string h = o.s("host", "127.0.0.1"), pw = o.s("pass", "pass"), sel = o.s("select", ""); int port = o.n("port", 143), C = o.n("c", 10); long N = o.n("n", 1000);
  atomic<long> next{0}, ok{0}, bad{0}; mutex mu; vector<double> lat; string e; double t0 = now();
  run_threads(C, [&](int) { vector<double> my; for (;;) { long i = next++; if (i >= N) break; Imap c; double a = now(); bool r = c.connect(h, port) && c.login(user(o, i), pw) && (sel.empty() || c.cmd("SELECT " + sel)); double b = now(); if (r) { my.push_back(b - a); ok++; c.cmd("LOGOUT"); } else { bad++; lock_guard<mutex> g(mu); e = c.err; } } lock_guard<mutex> g(mu); lat.insert(lat.end(), my.begin(), my.end()); });
  double t1 = now(); if (bad) { out("failed", bad, "logins"); fprintf(stderr, "mailbench: login failed: %s\n", e.c_str()); }
  out("login_rate", ok / (t1 - t0), "login/s"); out("login_p50", pct(lat, .5) * 1e3, "ms"); out("login_p99", pct(lat, .99) * 1e3, "ms"); return bad ? 3 : 0;
}
static int imap_append(Opt &o) {
  string h = o.s("host", "127.0.0.1"), pw = o.s("pass", "pass"), box = o.s("mailbox", "INBOX"); int port = o.n("port", 143), C = o.n("c", 1); long N = o.n("n", 1000); size_t S = o.n("s", 10240); bool plus = o.has("literalplus");
  string mail0 = make_mail(S, "bench.test", 7); auto sp = serial_pos(mail0); atomic<long> next{0}, ok{0}, bad{0}; mutex mu; vector<double> lat; string e; double t0 = now();
  run_threads(C, [&](int id) { string mail = mail0; vector<double> my; Imap c; if (!c.connect(h, port) || !c.login(user(o, id), pw)) { bad++; lock_guard<mutex> g(mu); e = c.err; return; } for (;;) { long i = next++; if (i >= N) break; put_serial(&mail[0], sp, i); double a = now(); if (c.append(box, mail, plus)) { ok++; my.push_back(now() - a); } else { bad++; lock_guard<mutex> g(mu); e = c.err; break; } } c.cmd("LOGOUT"); lock_guard<mutex> g(mu); lat.insert(lat.end(), my.begin(), my.end()); });
  double t1 = now(); if (bad) { out("failed", bad, "appends"); fprintf(stderr, "mailbench: append failed: %s\n", e.c_str()); }
  out("append_rate", ok / (t1 - t0), "msg/s"); out("append_p50", pct(lat, .5) * 1e3, "ms"); out("append_p99", pct(lat, .99) * 1e3, "ms"); return bad ? 3 : 0;
}
// imap-run --user u --pass p "label=COMMAND" ... ; a label starting with '-' is not reported.
// The command "@APPENDN <n> <box> <size>" appends n mails.
static int imap_run(Opt &o) {
  string h = o.s("host", "127.0.0.1"); int port = o.n("port", 143); Imap c; int rc = 0;
  double a = now(); if (!c.connect(h, port) || !c.login(o.s("user", "u0001"), o.s("pass", "pass"))) die("login: %s", c.err.c_str());
  if (o.has("verbose")) out("login", (now() - a) * 1e3, "ms");
  for (auto &p : o.pos) {
    size_t e = p.find('='); if (e == string::npos) die("label=COMMAND expected: %s", p.c_str()); string lab = p.substr(0, e), cm = p.substr(e + 1); u64 b0 = c.bytes; long l0 = c.lines; c.keep = o.has("echo"); c.untagged.clear();
    double t = now(); bool r;
    if (cm.rfind("@APPENDN ", 0) == 0) { long n; char box[128]; size_t s; sscanf(cm.c_str(), "@APPENDN %ld %127s %zu", &n, box, &s); string m = make_mail(s, "bench.test", 7); auto sp = serial_pos(m); r = true; for (long i = 0; i < n && r; i++) { put_serial(&m[0], sp, i); r = c.append(box, m, false); } }
    else r = c.cmd(cm);
    double d = now() - t; if (c.keep) { for (auto &u : c.untagged) fprintf(stderr, "%s\n", u.c_str()); fprintf(stderr, "%s\n", c.err.c_str()); }
    if (!r && lab[0] != '-') { fprintf(stderr, "mailbench: %s: %s\n", cm.substr(0, 60).c_str(), c.err.c_str()); printf("%s FAIL ms\n", lab.c_str()); rc = 3; if (c.err == "connection closed" || c.err == "write failed") return rc; continue; }
    if (lab[0] != '-') { out(lab.c_str(), d * 1e3, "ms"); if (o.has("verbose")) { out((lab + ".bytes").c_str(), c.bytes - b0, "bytes"); out((lab + ".lines").c_str(), c.lines - l0, "lines"); } }
  }
  c.cmd("LOGOUT"); return rc;
}
// fill a mailbox from a maildir (for servers that have no maildir store)
static int imap_fill(Opt &o) {
  string dir = o.s("dir", ""); Imap c; if (!c.connect(o.s("host", "127.0.0.1"), o.n("port", 143)) || !c.login(o.s("user", "u0001"), o.s("pass", "pass"))) die("login: %s", c.err.c_str());
  string box = o.s("mailbox", "INBOX"); if (box != "INBOX") c.cmd("CREATE " + box); vector<string> f;
  for (string sub : {"/cur", "/new"}) { DIR *d = opendir((dir + sub).c_str()); if (!d) continue; while (dirent *e = readdir(d)) if (e->d_name[0] != '.') f.push_back(dir + sub + "/" + e->d_name); closedir(d); }
  sort(f.begin(), f.end()); long n = 0; double t = now();
  for (auto &p : f) { FILE *fp = fopen(p.c_str(), "r"); if (!fp) continue; string m; char b[65536]; size_t r; while ((r = fread(b, 1, sizeof b, fp)) > 0) m.append(b, r); fclose(fp); string cr; cr.reserve(m.size() + m.size() / 30); for (size_t i = 0; i < m.size(); i++) { if (m[i] == '\n' && (i == 0 || m[i - 1] != '\r')) cr += '\r'; if (m[i]) cr += m[i]; } if (!c.append(box, cr, true)) die("append %s: %s", p.c_str(), c.err.c_str()); n++; }
  out("filled", n, "msgs"); out("fill_rate", n / (now() - t), "msg/s"); return 0;
}
static int pss_sum(const vector<string> &pids, double &pss, double &rss) { pss = rss = 0; int n = 0; for (auto &p : pids) { FILE *f = fopen(("/proc/" + p + "/smaps_rollup").c_str(), "r"); if (!f) continue; char l[256]; long v; n++; while (fgets(l, sizeof l, f)) { if (sscanf(l, "Pss: %ld", &v) == 1) pss += v; else if (sscanf(l, "Rss: %ld", &v) == 1) rss += v; } fclose(f); } return n; }
static vector<string> pids_from(const string &cmd) { vector<string> v; FILE *f = popen(cmd.c_str(), "r"); char l[64]; while (f && fscanf(f, "%63s", l) == 1) v.push_back(l); if (f) pclose(f); return v; }

// N authenticated IDLE connections; --pidcmd prints the server's pids; then notification latency through
// files renamed into --maildirs/<user>/Maildir/new, or through SMTP/LMTP injection with --notify-port
static int imap_idle(Opt &o) {
  string h = o.s("host", "127.0.0.1"), pw = o.s("pass", "pass"), pidcmd = o.s("pidcmd", ""), md = o.s("maildirs", ""); int port = o.n("port", 143); long N = o.n("n", 500); int par = o.n("c", 8); int rounds = o.n("rounds", 20), settle = o.n("settle", 3); long U = o.n("users", 100);
  rlimit rl{65536, 65536}; setrlimit(RLIMIT_NOFILE, &rl);
  double p0 = 0, r0 = 0, p1 = 0, r1 = 0; int n0 = 0, n1 = 0;
  auto idling = [&](Imap *c, long i) { bool r = c->connect(h, port) && c->login(user(o, i), pw) && c->cmd("SELECT INBOX"); if (r) { r = c->put("i IDLE\r\n"); string l; do { r = r && c->line(l); } while (r && l[0] == '*'); if (l.empty() || l[0] != '+') { r = false; c->err = l; } } return r; };
  // warm-up: sessions of the first user that come and go, with one message, so that what the first logins cost once is not counted per connection
  if (long w = o.n("warm", 0)) { for (long i = 0; i < w; i++) { Imap c; if (!idling(&c, 0)) die("warm-up: %s", c.err.c_str()); string l; c.put("DONE\r\n"); c.line(l); if (!i && !c.append("INBOX", make_mail(2048, "bench.test", 3), false)) die("warm-up: %s", c.err.c_str()); c.cmd("LOGOUT"); } sleep(settle); }
  if (!pidcmd.empty()) n0 = pss_sum(pids_from(pidcmd), p0, r0);
  vector<Imap *> cs(N); atomic<long> next{0}, bad{0}; mutex mu; string e; double t = now();
  run_threads(par, [&](int) { for (;;) { long i = next++; if (i >= N) break; Imap *c = new Imap; if (!idling(c, i)) { bad++; lock_guard<mutex> g(mu); e = c->err; delete c; c = 0; } cs[i] = c; } });
  double t1 = now(); out("idle_conns", N - bad, "conns"); out("idle_open_rate", (N - bad) / (t1 - t), "conn/s"); if (bad) fprintf(stderr, "mailbench: %ld idle connections failed: %s\n", (long)bad, e.c_str());
  sleep(settle);
  if (!pidcmd.empty()) { n1 = pss_sum(pids_from(pidcmd), p1, r1); out("rest_pss", p0 / 1024, "MiB"); out("rest_procs", n0, "procs"); out("idle_pss", p1 / 1024, "MiB"); out("idle_procs", n1, "procs"); out("pss_per_conn", (p1 - p0) / max(1L, N - (long)bad), "KiB"); out("rss_per_conn", (r1 - r0) / max(1L, N - (long)bad), "KiB"); }
  // notification latency
  int nport = o.n("notify-port", 0); bool lm = o.has("notify-lmtp");
  if (rounds > 0 && (!md.empty() || nport)) {
    vector<double> lat; string mail = make_mail(2048, "bench.test", 3); auto sp = serial_pos(mail); long missed = 0; Rng rng(99); uid_t uid = o.n("uid", 5000);
    int ep = epoll_create1(0); map<int, long> idx; for (long i = 0; i < N; i++) if (cs[i]) { epoll_event ev{}; ev.events = EPOLLIN; ev.data.fd = cs[i]->fd; epoll_ctl(ep, EPOLL_CTL_ADD, cs[i]->fd, &ev); idx[cs[i]->fd] = i; }
    Imap s; if (nport) { /* plain in any case */ s.fd = tcp(h, nport); string l; s.line(l); s.put(lm ? "LHLO c.example.test\r\n" : "EHLO c.example.test\r\n"); do s.line(l); while (l.size() > 3 && l[3] == '-'); }
    for (int k = 0; k < rounds; k++) {
      string u = user(o, (long)rng.below(min(N, U))); long uix = atol(u.c_str() + 1) - o.n("first-user", 1); long expect = 0; vector<char> got(N, 0); for (long i = 0; i < N; i++) if (cs[i] && i % U == uix) expect++;
      put_serial(&mail[0], sp, time(0) % 1000000 * 1000 + k); double a;
      if (nport) { string l; s.put("MAIL FROM:<s@client.example.test>\r\n"); s.line(l); s.put("RCPT TO:<" + u + "@" + o.s("domain", "bench.test") + ">\r\n"); s.line(l); s.put("DATA\r\n"); s.line(l); s.put(mail + ".\r\n"); a = now(); s.line(l); if (l[0] != '2') die("notify delivery: %s", l.c_str()); }
      else {
        string b = md + "/" + u + "/Maildir"; char fn[128]; snprintf(fn, sizeof fn, "%ld.M%dP%dQ%d.bench", (long)time(0), k, getpid(), k); string lf; for (char ch : mail) if (ch != '\r') lf += ch;
        string tp = b + "/tmp/" + fn, np = b + "/new/" + fn; int f = open(tp.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600); if (f < 0) die("%s: %s", tp.c_str(), strerror(errno)); ssize_t w = write(f, lf.data(), lf.size()); (void)w; if (fchown(f, uid, uid)) {} close(f); a = now(); if (rename(tp.c_str(), np.c_str())) die("rename");
      }
      long seen = 0; double lim = now() + o.n("notify-timeout", 40); epoll_event ev[256];
      while (seen < expect && now() < lim) { int n = epoll_wait(ep, ev, 256, 200); for (int i = 0; i < n; i++) { long x = idx[ev[i].data.fd]; Imap *c = cs[x]; if (!c->fill()) { epoll_ctl(ep, EPOLL_CTL_DEL, ev[i].data.fd, 0); continue; } if (c->buf.find("EXISTS") != string::npos && x % U == uix && !got[x]) { got[x] = 1; lat.push_back(now() - a); seen++; } c->buf.clear(); c->off = 0; } }
      missed += expect - seen; if (o.has("gap")) usleep(o.n("gap", 0) * 1000); else usleep(200000);
    }
    out("notify_p50", pct(lat, .5) * 1e3, "ms"); out("notify_p99", pct(lat, .99) * 1e3, "ms"); out("notify_max", pct(lat, 1) * 1e3, "ms"); if (missed) out("notify_missed", missed, "conns");
  }
  for (auto c : cs) if (c) { c->put("DONE\r\n"); delete c; }
  return bad ? 3 : 0;
}
// imaptest-like mix: each client works on its own user's INBOX (or several share one)
static int imap_mix(Opt &o) {
  string h = o.s("host", "127.0.0.1"), pw = o.s("pass", "pass"); int port = o.n("port", 143), C = o.n("c", 20); double secs = o.n("t", 10); string mail0 = make_mail(o.n("s", 4096), "bench.test", 7); auto sp = serial_pos(mail0);
  static const struct { const char *n; int w; } mix[] = {{"append", 10}, {"fetch_flags", 10}, {"fetch_env", 20}, {"fetch_body", 20}, {"store", 12}, {"search_hdr", 4}, {"search_text", 2}, {"noop", 8}, {"status", 6}, {"select", 6}, {"copy", 4}, {"expunge", 5}, {"reconnect", 5}};
  const int K = sizeof mix / sizeof *mix; int tot = 0; for (auto &m : mix) tot += m.w; mutex mu; vector<double> lat[K]; vector<double> all; atomic<long> ops{0}, bad{0}; string e; double end = now() + secs; atomic<long> ser{0};
  run_threads(C, [&](int id) {
    Rng r(1000 + id); string mail = mail0; string u = user(o, id); Imap *c = 0; vector<double> my[K]; long exists = 0;
    auto conn = [&]() { delete c; c = new Imap; c->keep = true; if (!c->connect(h, port) || !c->login(u, pw) || !c->cmd("SELECT INBOX")) return false; return true; };
    auto upd = [&]() { for (auto &l : c->untagged) { long n; char w[32]; if (sscanf(l.c_str(), "* %ld %31s", &n, w) == 2) { if (!strcasecmp(w, "EXISTS")) exists = n; else if (!strcasecmp(w, "EXPUNGE") && exists > 0) exists--; } } c->untagged.clear(); };
    if (!conn()) { bad++; lock_guard<mutex> g(mu); e = c->err; return; } upd(); c->cmd("CREATE INBOX.copies"); c->untagged.clear();
    while (now() < end) {
      int x = r.below(tot), k = 0; while (x >= mix[k].w) x -= mix[k++].w; if (exists < 20) k = 0; if (exists > 400 && k == 0) k = 11;
      char b[256]; long n = exists ? 1 + r.below(exists) : 1, n2 = min(exists, n + 9); double a = now(); bool ok = true;
      switch (k) {
      case 0: put_serial(&mail[0], sp, ser++); ok = c->append("INBOX", mail, false); break;
      case 1: ok = c->cmd("FETCH 1:* (UID FLAGS)"); break;
      case 2: snprintf(b, sizeof b, "FETCH %ld:%ld (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)", n, n2); ok = c->cmd(b); break;
      case 3: snprintf(b, sizeof b, "FETCH %ld (UID BODY.PEEK[])", n); ok = c->cmd(b); break;
      case 4: snprintf(b, sizeof b, "STORE %ld:%ld %cFLAGS (%s)", n, n2, r.below(2) ? '+' : '-', r.below(2) ? "\\Seen" : "\\Flagged"); ok = c->cmd(b); break;
      case 5: ok = c->cmd("SEARCH SUBJECT \"mail 00\""); break;
      case 6: ok = c->cmd("SEARCH TEXT budget"); break;
      case 7: ok = c->cmd("NOOP"); break;
      case 8: ok = c->cmd("STATUS INBOX.copies (MESSAGES UNSEEN UIDNEXT)"); break;
      case 9: ok = c->cmd("SELECT INBOX"); break;
      case 10: snprintf(b, sizeof b, "COPY %ld:%ld INBOX.copies", n, n2); ok = c->cmd(b); break;
      case 11: snprintf(b, sizeof b, "STORE %ld:%ld +FLAGS.SILENT (\\Deleted)", n, n2); ok = c->cmd(b) && c->cmd("EXPUNGE"); break;
      case 12: c->cmd("LOGOUT"); ok = conn(); break;
      }
      double d = now() - a; if (!ok) { bad++; { lock_guard<mutex> g(mu); e = string(mix[k].n) + ": " + c->err; } if (c->err == "connection closed" || c->err == "write failed") { if (!conn()) break; } } else { my[k].push_back(d); ops++; }
      long ex0 = exists; upd();
      if (k == 0 && ok && exists == ex0) { if (c->cmd("NOOP")) upd(); } // for servers that announce an APPEND only later: costs them the time, is not counted as a command
    }
    if (c && c->fd >= 0) c->cmd("LOGOUT"); delete c; lock_guard<mutex> g(mu); for (int k = 0; k < K; k++) lat[k].insert(lat[k].end(), my[k].begin(), my[k].end());
  });
  if (bad) { out("failed", bad, "cmds"); fprintf(stderr, "mailbench: mix: %s\n", e.c_str()); }
  for (int k = 0; k < K; k++) all.insert(all.end(), lat[k].begin(), lat[k].end());
  out("mix_rate", ops / secs, "cmd/s"); out("mix_p50", pct(all, .5) * 1e3, "ms"); out("mix_p99", pct(all, .99) * 1e3, "ms");
  for (int k = 0; k < K; k++) if (!lat[k].empty()) out((string("mix_") + mix[k].n + "_p50").c_str(), pct(lat[k], .5) * 1e3, "ms");
  return 0;
}

// ---------------------------------------------------------------- POP3
struct Pop : Imap {
  bool ok() { string l; if (!line(l)) return false; err = l; return l.compare(0, 3, "+OK") == 0; }
  bool one(const string &c) { return put(c + "\r\n") && ok(); }
  bool multi(const string &c, long *lines_ = 0) { if (!one(c)) return false; // up to a lone dot
    long n = 0; for (;;) { size_t p; while ((p = buf.find('\n', off)) == string::npos) if (!fill()) return false; bool dot = (p - off == 1 && buf[off] == '.') || (p - off == 2 && buf[off] == '.' && buf[off + 1] == '\r'); off = p + 1; if (dot) break; n++; } if (lines_) *lines_ = n; return true; }
  bool open(const string &h, int p, const string &u, const string &pw) { fd = tcp(h, p); if (fd < 0) { err = "connect"; return false; } return ok() && one("USER " + u) && one("PASS " + pw); }
};
static int pop3_get(Opt &o) {
  string h = o.s("host", "127.0.0.1"), pw = o.s("pass", "pass"); int port = o.n("port", 110), C = o.n("c", 1); bool pipe = o.has("pipelining"); atomic<long> msgs{0}, bad{0}; atomic<u64> bytes{0}; mutex mu; string e; double t0 = now();
  run_threads(C, [&](int id) { Pop c; string u = o.has("user") ? o.s("user", "") : user(o, id); if (!c.open(h, port, u, pw) || !c.one("STAT")) { bad++; lock_guard<mutex> g(mu); e = c.err; return; } long n = 0; sscanf(c.err.c_str(), "+OK %ld", &n); long l; if (!c.multi("UIDL", &l)) { bad++; return; }
    if (pipe) { long sent = 0; for (long i = 1; i <= n; i++) { while (sent < n && sent < i + 20) { sent++; c.put("RETR " + to_string(sent) + "\r\n"); } c.off += 0; if (!c.ok()) { bad++; e = c.err; return; } for (;;) { size_t p; while ((p = c.buf.find('\n', c.off)) == string::npos) if (!c.fill()) { bad++; return; } bool dot = c.buf[c.off] == '.' && p - c.off <= 2; c.off = p + 1; if (dot) break; } msgs++; } }
    else for (long i = 1; i <= n; i++) { if (!c.multi("RETR " + to_string(i))) { bad++; lock_guard<mutex> g(mu); e = c.err; break; } msgs++; }
    c.one("QUIT"); bytes += c.bytes; });
  double d = now() - t0; if (bad) { out("failed", bad, "sessions"); fprintf(stderr, "mailbench: pop3: %s\n", e.c_str()); }
  out("pop_msgs", msgs, "msgs"); out("pop_rate", msgs / d, "msg/s"); out("pop_mb", bytes / d / 1e6, "MB/s"); out("pop_time", d * 1e3, "ms"); return bad ? 3 : 0;
}
static int pop3_list(Opt &o) {
  Pop c; double t = now(); if (!c.open(o.s("host", "127.0.0.1"), o.n("port", 110), o.s("user", "u0001"), o.s("pass", "pass"))) die("pop3: %s", c.err.c_str()); out("pop_login", (now() - t) * 1e3, "ms");
  t = now(); if (!c.one("STAT")) die("STAT: %s", c.err.c_str()); out("pop_stat", (now() - t) * 1e3, "ms"); t = now(); long n; if (!c.multi("LIST", &n)) die("LIST"); out("pop_list", (now() - t) * 1e3, "ms"); t = now(); if (!c.multi("UIDL", &n)) die("UIDL"); out("pop_uidl", (now() - t) * 1e3, "ms"); out("pop_count", n, "msgs"); t = now(); c.one("QUIT"); out("pop_quit", (now() - t) * 1e3, "ms"); return 0;
}
static int syslogd_main(Opt &o) {
  if (o.pos.size() < 2) die("syslogd SOCKET FILE"); int fd = socket(AF_UNIX, SOCK_DGRAM, 0); sockaddr_un a{}; a.sun_family = AF_UNIX; strncpy(a.sun_path, o.pos[0].c_str(), sizeof a.sun_path - 1); unlink(a.sun_path); if (bind(fd, (sockaddr *)&a, sizeof a)) die("bind %s: %s", a.sun_path, strerror(errno)); chmod(a.sun_path, 0666);
  int f = open(o.pos[1].c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644); static char b[65536]; for (;;) { ssize_t r = recv(fd, b, sizeof b - 1, 0); if (r < 0) return 1; while (r > 0 && (b[r - 1] == 0 || b[r - 1] == '\n')) r--; b[r] = '\n'; ssize_t w = write(f, b, r + 1); (void)w; }
}

// dnsd ADDR [NAME=A|NAME=MX:host ...]: answers a handful of names on udp/53, everything else NXDOMAIN at once
static int dnsd_main(Opt &o) {
  if (o.pos.empty()) die("dnsd ADDR NAME=1.2.3.4 NAME=MX:host ..."); int fd = socket(AF_INET, SOCK_DGRAM, 0), one = 1; setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one); sockaddr_in a{}; a.sin_family = AF_INET; a.sin_port = htons(o.n("port", 53)); inet_pton(AF_INET, o.pos[0].c_str(), &a.sin_addr); if (bind(fd, (sockaddr *)&a, sizeof a)) die("bind dns: %s", strerror(errno));
  FILE *lg = o.has("log") ? fopen(o.s("log", "").c_str(), "a") : 0; unsigned char b[1500];
  auto name = [](const string &s) { string r; size_t p = 0; while (p < s.size()) { size_t e = s.find('.', p); if (e == string::npos) e = s.size(); r += (char)(e - p); r += s.substr(p, e - p); p = e + 1; } return r + '\0'; };
  for (;;) {
    sockaddr_in c; socklen_t cl = sizeof c; ssize_t n = recvfrom(fd, b, sizeof b, 0, (sockaddr *)&c, &cl); if (n < 17) continue; string q; ssize_t i = 12; while (i < n && b[i]) { if (!q.empty()) q += '.'; q.append((char *)b + i + 1, min<ssize_t>(b[i], n - i - 1)); i += b[i] + 1; } i++; if (i + 4 > n) continue; int type = b[i] << 8 | b[i + 1]; for (auto &ch : q) ch = tolower(ch); if (lg) { fprintf(lg, "%d %s\n", type, q.c_str()); fflush(lg); }
    string r((char *)b, i + 4); int an = 0; bool known = false; string ans;
    for (size_t k = 1; k < o.pos.size(); k++) { size_t e = o.pos[k].find('='); if (o.pos[k].substr(0, e) != q) continue; known = true; string v = o.pos[k].substr(e + 1); bool mx = v.rfind("MX:", 0) == 0; if ((mx && type == 15) || (!mx && type == 1)) { string rd; if (mx) rd = string("\0\12", 2) + name(v.substr(3)); else { in_addr ia; inet_pton(AF_INET, v.c_str(), &ia); rd.assign((char *)&ia, 4); } an++; ans += string("\xc0\x0c\0", 3) + (char)type + string("\0\1\0\0\16\20", 6) + (char)(rd.size() >> 8) + (char)rd.size() + rd; } }
    r[2] = (char)(0x84 | (r[2] & 1)); r[3] = (char)(0x80 | (known ? 0 : 3)); r[4] = 0; r[5] = 1; r[6] = 0; r[7] = (char)an; r[8] = r[9] = r[10] = r[11] = 0; r += ans; sendto(fd, r.data(), r.size(), 0, (sockaddr *)&c, cl);
  }
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN); if (argc < 2) die("usage: mailbench smtp-in|sink|imap-login|imap-append|imap-run|imap-fill|imap-idle|imap-mix|pop3-get|pop3-list|pss|syslogd|count ...");
  string c = argv[1]; Opt o(argc - 2, argv + 2); Imap::tls = o.has("tls");
  if (c == "smtp-in") return smtp_in(o); if (c == "sink") return sink_main(o); if (c == "imap-login") return imap_login(o); if (c == "imap-append") return imap_append(o); if (c == "imap-run") return imap_run(o); if (c == "imap-fill") return imap_fill(o); if (c == "imap-idle") return imap_idle(o); if (c == "imap-mix") return imap_mix(o); if (c == "pop3-get") return pop3_get(o); if (c == "pop3-list") return pop3_list(o); if (c == "syslogd") return syslogd_main(o); if (c == "dnsd") return dnsd_main(o);
  if (c == "pss") { double p, r; int n = pss_sum(o.pos, p, r); out("pss", p / 1024, "MiB"); out("rss", r / 1024, "MiB"); out("procs", n, "procs"); return 0; }
  if (c == "count") { out("count", count_all(o.pos.at(0)), "msgs"); return 0; }
  die("unknown subcommand %s", argv[1]);
}

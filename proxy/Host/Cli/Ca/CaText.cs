using System.Globalization;
using System.Text;
using System.Text.Json;
using Swarm.Proxy.Interception;

namespace Swarm.Proxy.Cli;

/// <summary>The local authority as people and scripts read it: what it covers, where it lies, and how each tool is told to trust it.</summary>
internal static class CaText
{
    public static string Describe(AuthorityFolder folder, LocalAuthority authority)
    {
        var file = Quoted(folder.CertificateFile);
        var host = authority.Hosts.Texts.FirstOrDefault(static t => !t.StartsWith('*')) ?? authority.Hosts.Texts[0].Replace("*.", "www.", StringComparison.Ordinal);
        var text = new StringBuilder();
        Line($"Local CA for {string.Join(", ", authority.Hosts.Texts)}");
        Line($"  certificate  {folder.CertificateFile}");
        Line($"  key          {folder.SecretFile} (for you alone; it never leaves this machine)");
        Line($"  SHA-256      {authority.Fingerprint}");
        Line($"  valid until  {authority.NotAfter.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}");
        Line("");
        Line("It can sign for these hosts (and, as certificates go, for names below them) and for nothing else: clients refuse any other");
        Line("certificate under it. The proxy opens https of exactly these hosts; every other connection stays a tunnel it cannot read.");
        Line("A client of the proxy that does not trust this CA gets a certificate error for these hosts.");
        Line("");
        Line("Nothing trusts it yet: this program never touches the system's trust store. Trust it where you want it:");
        Line("  one command   swarmstream exec -- CMD …      (sets all of the following for that command, system's roots included)");
        Line($"  curl          curl --cacert {file} https://{host}/");
        Line($"  wget          wget --ca-certificate={file} …");
        Line($"  git           git config --global http.https://{host}/.sslCAInfo {file}");
        Line($"  Node, npm     NODE_EXTRA_CA_CERTS={file} node …; npm config set cafile {file}");
        Line($"  Python, pip   SSL_CERT_FILE={file} python …; REQUESTS_CA_BUNDLE={file}; pip --cert {file} …");
        Line($"  apt           Acquire::https::{host}::CaInfo \"{folder.CertificateFile}\";   in a file of /etc/apt/apt.conf.d");
        Line("  Firefox       Settings, Certificates, View Certificates, Authorities, Import: \"to identify websites\"");
        Line($"  Chromium      certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n swarmstream -i {file}");
        Line("Except for exec, Node, git and the browsers, these make the tool trust this CA alone: use them for these hosts only.");
        Line("");
        Line("To end it: swarmstream ca remove, and take it out of wherever you put it.");
        return text.ToString();

        void Line(string line) => text.Append(line).Append('\n');
    }

    public static string Json(AuthorityFolder folder, LocalAuthority authority)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("hosts");
            foreach (var host in authority.Hosts.Texts)
            {
                json.WriteStringValue(host);
            }

            json.WriteEndArray();
            json.WriteString("certificate_file", folder.CertificateFile);
            json.WriteString("sha256", authority.Fingerprint);
            json.WriteString("not_after", authority.NotAfter);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>As a shell takes it.</summary>
    private static string Quoted(string path) =>
        path.All(static c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or '+' or ':' or '\\') ? path : $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}

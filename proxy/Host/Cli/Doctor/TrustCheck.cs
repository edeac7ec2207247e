using System.Globalization;

namespace Swarm.Proxy.Cli;

/// <summary>Can the node tell whether an https origin is who it says? A minimal image has neither the authorities nor the library.</summary>
internal sealed class TrustCheck : IDoctorCheck
{
    private const string Topic = "https";

    public IEnumerable<DoctorLine> Look(DoctorFacts facts)
    {
        if (facts.Trust is { } trust)
        {
            yield return trust switch
            {
                { HasLibrary: false } => DoctorLine.Bad(Topic, "libssl is not installed: no hash can be computed and no https origin reached, so that no node runs", "apt-get install libssl3 (dnf install openssl-libs)"),
                { Authorities: 0 } => DoctorLine.Bad(
                    Topic, "this machine trusts no certificate authority: every https origin is refused", "apt-get install ca-certificates, or name a file: --origin-ca FILE, SSL_CERT_FILE"),
                _ => DoctorLine.Good(Topic, string.Create(CultureInfo.InvariantCulture, $"{trust.Authorities} authorities may vouch for origins")),
            };
        }
    }
}

using System.Globalization;

namespace Swarm.Proxy.Cli;

/// <summary>Is https of the hosts that the user named opened?</summary>
internal sealed class AuthorityCheck : IDoctorCheck
{
    private const string Topic = "https";

    /// <summary>Time to make another, and to tell each tool.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromDays(30);

    public IEnumerable<DoctorLine> Look(DoctorFacts facts)
    {
        yield return facts.Authority switch
        {
            null => DoctorLine.Good(Topic, "no CA: https passes through unopened; 'swarmstream ca create --host HOST' opens hosts you name"),
            { Problem: { } problem } => DoctorLine.Bad(Topic, problem, "swarmstream ca create --host HOST makes another"),
            var ca when ca.NotAfter <= facts.Now => DoctorLine.Bad(Topic, $"the CA for {Hosts(ca)} ended on {Day(ca)}", Renew(ca)),
            var ca when ca.NotAfter - facts.Now < Soon => DoctorLine.Hint(Topic, $"the CA for {Hosts(ca)} ends on {Day(ca)}", Renew(ca)),
            var ca => DoctorLine.Good(Topic, $"opened for {Hosts(ca)} by a CA that ends on {Day(ca)}; 'swarmstream ca show' says how each tool trusts it"),
        };
    }

    private static string Renew(AuthorityFact ca) => $"swarmstream ca create --host {string.Join(' ', ca.Hosts)}";

    private static string Hosts(AuthorityFact ca) => string.Join(", ", ca.Hosts);

    private static string Day(AuthorityFact ca) => ca.NotAfter.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}

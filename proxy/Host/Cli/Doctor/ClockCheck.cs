using System.Globalization;

namespace Swarm.Proxy.Cli;

/// <summary>Is it as late as this machine thinks? Certificates, freshness and trackers go by it.</summary>
internal sealed class ClockCheck : IDoctorCheck
{
    private const string Topic = "clock";

    /// <summary>RFC 9111 §4.2 computes freshness in seconds of the origin's Date; a few minutes change nothing that matters.</summary>
    private static readonly TimeSpan Tolerated = TimeSpan.FromMinutes(5);

    /// <summary>A build machine's clock may be ahead, in another zone's name.</summary>
    private static readonly TimeSpan BuildSlack = TimeSpan.FromDays(1);

    public IEnumerable<DoctorLine> Look(DoctorFacts facts)
    {
        const string fix = "set it, best by the network: timedatectl set-ntp true";
        if (facts.Now < facts.Built - BuildSlack)
        {
            yield return DoctorLine.Bad(Topic, $"it says {Text(facts.Now)}, and this program was built on {Text(facts.Built)}", fix);
        }
        else if (facts.LastWritten is { } last && facts.Now < last.Written - BuildSlack)
        {
            yield return DoctorLine.Bad(Topic, $"it says {Text(facts.Now)}, and a node wrote {last.File} on {Text(last.Written)}", fix);
        }
        else if (facts.Site?.Date is { } date && (facts.Now - date).Duration() > Tolerated)
        {
            yield return DoctorLine.Bad(Topic, $"it says {Text(facts.Now)}, the site {Text(date)}", fix);
        }
        else
        {
            yield return DoctorLine.Good(Topic, $"{Text(facts.Now)}{(facts.Site?.Date is null ? ", which is plausible (--site URL compares it)" : ", and the site agrees")}");
        }
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}

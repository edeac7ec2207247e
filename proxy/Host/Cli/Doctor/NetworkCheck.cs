namespace Swarm.Proxy.Cli;

/// <summary>Does this machine reach itself, and anything beyond?</summary>
internal sealed class NetworkCheck : IDoctorCheck
{
    private const string Topic = "net";

    public IEnumerable<DoctorLine> Look(DoctorFacts facts)
    {
        if (facts.Network is not { } network)
        {
            yield break;
        }

        if (!network.LoopbackAnswers)
        {
            yield return DoctorLine.Bad(Topic, "this machine does not reach itself at 127.0.0.1: no program comes to the proxy", "bring the loopback device up: ip link set lo up (as root)");
        }

        yield return (network.HasIPv4, network.HasIPv6) switch
        {
            (true, true) => DoctorLine.Good(Topic, "routes lead to the Internet by IPv4 and by IPv6"),
            (true, false) => DoctorLine.Good(Topic, "a route leads to the Internet by IPv4, none by IPv6: who has IPv6 alone is out of reach"),
            (false, true) => DoctorLine.Hint(Topic, "a route leads to the Internet by IPv6, none by IPv4: most origins and peers have IPv4 alone", "ask the network's provider for IPv4 or for NAT64"),
            _ => DoctorLine.Hint(Topic, "no route leads to the Internet: only what is stored here, or on this machine's own networks, can be had", "connect this machine, or give its container a network"),
        };
    }
}

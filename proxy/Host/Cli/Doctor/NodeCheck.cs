namespace Swarm.Proxy.Cli;

/// <summary>Does a node run here already, and is it this program?</summary>
internal sealed class NodeCheck : IDoctorCheck
{
    private const string Topic = "node";

    public IEnumerable<DoctorLine> Look(DoctorFacts facts)
    {
        if (facts.NodeUrl is { } url)
        {
            yield return facts.OtherVersion is { } other
                ? DoctorLine.Hint(Topic, $"one runs ({url}) that is {other}, and this program is {BuildVersion.Line}", "end it and start it again")
                : DoctorLine.Good(Topic, $"one runs: {url}");
        }
    }
}

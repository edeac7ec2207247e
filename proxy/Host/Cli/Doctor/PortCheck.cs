namespace Swarm.Proxy.Cli;

/// <summary>Can the node listen where it was told to?</summary>
internal sealed class PortCheck : IDoctorCheck
{
    private const string Topic = "port";

    public IEnumerable<DoctorLine> Look(DoctorFacts facts) => facts.Ports.Select(port => (port.Taken, facts.NodeUrl) switch
    {
        (null, null) => DoctorLine.Good(Topic, $"{port.EndPoint} ({port.Flag}) is free"),
        (null, _) => DoctorLine.Good(Topic, $"{port.EndPoint} ({port.Flag}) is the running node's"),
        var (taken, _) => DoctorLine.Bad(Topic, $"{port.EndPoint} ({port.Flag}): {taken}", $"choose another with {port.Flag} ADDRESS:PORT; port 0 picks a free one"),
    });
}

namespace Swarm.Proxy.Cli;

/// <summary>Can the node listen where it was told to?</summary>
internal sealed class PortCheck : IDoctorCheck
{
    private const string Topic = "port";

    public IEnumerable<DoctorLine> Look(DoctorFacts facts) => facts.Ports.Select(port => (port.Taken, facts.NodeUrl) switch
    {
        (null, null) => DoctorLine.Good(Topic, $"{port.EndPoint} ({port.Flag}) is free"),
        (null, _) => DoctorLine.Good(Topic, $"{port.EndPoint} ({port.Flag}) is the running node's"),
        var (taken, _) when port.AnyWillDo => DoctorLine.Hint(
            Topic, $"{port.EndPoint}, the usual port for peers, is {taken}: the node takes any other", $"end that program, or name a port and let the router pass it on: {port.Flag} [::]:PORT"),
        var (taken, _) => DoctorLine.Bad(Topic, $"{port.EndPoint} ({port.Flag}): {taken}", $"choose another with {port.Flag} ADDRESS:PORT; port 0 picks a free one"),
    });
}

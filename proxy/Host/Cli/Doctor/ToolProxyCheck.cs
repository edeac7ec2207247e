namespace Swarm.Proxy.Cli;

/// <summary>Does a tool have a proxy in a file of its own? Such a file counts for more than the variables, those of <c>exec</c> too.</summary>
internal sealed class ToolProxyCheck : IDoctorCheck
{
    private const string Topic = "proxy";

    public IEnumerable<DoctorLine> Look(DoctorFacts facts) => facts.ToolProxies.Select(tool =>
        tool.Value.Length > 0 && ProxyAddress.IsOurs(tool.Value, facts.Proxy)
            ? DoctorLine.Good(Topic, $"{tool.Tool} comes here ({tool.File}, line {tool.Line}){(facts.NodeUrl is null ? ": it gets no answer until a node runs" : "")}")
            : DoctorLine.Hint(
                Topic, $"{tool.Tool} goes {(tool.Value.Length == 0 ? "to no proxy" : "to " + ProxyAddress.Shown(tool.Value))}, whatever the variables say: {tool.File}, line {tool.Line}",
                $"write http://{facts.Proxy} there, or take the line out and use 'swarmstream exec -- {tool.Tool} …'"));
}

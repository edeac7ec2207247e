using System.CommandLine;
using Swarm.Proxy.Lifetime;

namespace Swarm.Proxy.Cli;

/// <summary><c>swarmstream [proxy]</c>: runs the node until it is told to stop.</summary>
internal sealed class ProxyVerb(SettingOptions options, Surroundings surroundings, NodeParts parts, ILifetimeSignals signals)
{
    public void AddTo(Command command)
    {
        options.AddTo(command);
        command.SetAction((parsed, cancellation) => new NodeRun(options, surroundings, parts, signals).RunAsync(parsed, static _ => { }, WriteHints, cancellation));
    }

    private Task WriteHints(ProxyHost host, ProxySettings settings, CancellationToken stop)
    {
        surroundings.Error.WriteLine($"Dashboard:   {host.DashboardUrl}");
        surroundings.Error.WriteLine($"Try it:      curl -x http://{host.ProxyEndPoint} -O http://HOST/FILE");
        if (settings.SwarmHosts.Count == 0)
        {
            surroundings.Error.WriteLine("No host may use a swarm yet: all bytes come from the origin. Allow one with --swarm-host HOST (or * for all).");
        }

        return Task.CompletedTask;
    }
}

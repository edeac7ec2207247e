using System.CommandLine;
using Swarm.Proxy.Lifetime;

namespace Swarm.Proxy.Cli;

/// <summary><c>swarmstream [proxy]</c>: runs the node until it is told to stop.</summary>
internal sealed class ProxyVerb(SettingOptions options, Surroundings surroundings, NodeParts parts, ILifetimeSignals signals)
{
    /// <summary>From the signal to the end of the process; 5 s by contract, the rest is the runtime's.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(4.5);

    public void AddTo(Command command)
    {
        options.AddTo(command);
        command.SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var loaded = options.Load(parsed, surroundings);
        if (loaded.Problem is { } wrong)
        {
            return Fail(wrong, ExitCode.Usage);
        }

        foreach (var hint in loaded.Hints)
        {
            surroundings.Error.WriteLine(hint);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        ProxyHost? running = null;
        using var listening = signals.Listen(
            stop: stop.Cancel,
            reload: () => surroundings.Error.WriteLine(Reload(parsed, Volatile.Read(ref running))));
        var started = await ProxyHost.StartAsync(loaded.Settings, surroundings, parts, stop.Token);
        if (started.Part is not { } host)
        {
            return stop.IsCancellationRequested ? ExitCode.Success : Fail(started.Problem!, ExitCode.Failure);
        }

        Volatile.Write(ref running, host);
        surroundings.Out.WriteLine(host.ReadyLine);
        surroundings.Out.Flush();
        WriteHints(host, loaded.Settings);

        await WaitAsync(stop.Token);
        return await StopAsync(host);
    }

    private string Reload(ParseResult parsed, ProxyHost? host)
    {
        if (host is null)
        {
            return "The node is still starting; its configuration is not read again.";
        }

        var loaded = options.Load(parsed, surroundings);
        return loaded.Problem is { } wrong ? $"Configuration kept as it was: {wrong}" : host.Reload(loaded.Settings);
    }

    private async Task<int> StopAsync(ProxyHost host)
    {
        try
        {
            await host.DisposeAsync().AsTask().WaitAsync(StopLimit);
        }
        catch (TimeoutException)
        {
            surroundings.Error.WriteLine("Stopped without waiting for all parts: they took longer than 4.5 s.");
        }

        return ExitCode.Success;
    }

    private void WriteHints(ProxyHost host, ProxySettings settings)
    {
        surroundings.Error.WriteLine($"Dashboard:   {host.DashboardUrl}");
        surroundings.Error.WriteLine($"Try it:      curl -x http://{host.ProxyEndPoint} -O http://HOST/FILE");
        if (settings.SwarmHosts.Count == 0)
        {
            surroundings.Error.WriteLine("No host may use a swarm yet: all bytes come from the origin. Allow one with --swarm-host HOST (or * for all).");
        }
    }

    private int Fail(string sentence, int code)
    {
        surroundings.Error.WriteLine(sentence);
        return code;
    }

    private static async Task WaitAsync(CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Register(stopped.SetResult);
        await stopped.Task;
    }
}

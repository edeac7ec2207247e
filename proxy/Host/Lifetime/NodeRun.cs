using System.CommandLine;
using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Lifetime;

/// <summary>A node from its start to its end, as every verb runs it that goes on until it is told to stop: settings, signals, READY, the way down.</summary>
/// <param name="isProxy">False for a port that is a web site, which everybody may use.</param>
internal sealed class NodeRun(SettingOptions options, Surroundings surroundings, NodeParts parts, ILifetimeSignals signals, bool isProxy = true)
{
    /// <summary>From the signal to the end of the process; 5 s by contract, the rest is the runtime's.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(4.5);

    /// <param name="adjust">What the verb makes of the settings; a problem in them ends it.</param>
    /// <param name="ready">Told once the node answers and READY is said: the work of the verb beside the node, until the token ends it.</param>
    public async Task<int> RunAsync(
        ParseResult parsed, Action<LoadedSettings> adjust, Func<ProxyHost, ProxySettings, CancellationToken, Task> ready, CancellationToken cancellation)
    {
        using var sockets = PassedSockets.Of(surroundings);
        var notice = new ServiceNotice(surroundings);
        var loaded = Load(parsed, adjust, sockets);
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
            reload: () =>
            {
                if (Volatile.Read(ref running) is not { } node)
                {
                    // Nor is the service manager told anything: what ends a reload would say that the node is ready.
                    surroundings.Error.WriteLine("The node is still starting; its configuration is not read again.");
                    return;
                }

                notice.Reloading();
                var said = Reload(parsed, adjust, sockets, node);
                surroundings.Error.WriteLine(said);
                notice.Ready(said);
            });
        var started = await ProxyHost.StartAsync(loaded.Settings, surroundings, parts, stop.Token, sockets);
        if (started.Part is not { } host)
        {
            return stop.IsCancellationRequested ? ExitCode.Success : Fail(started.Problem!, ExitCode.Failure);
        }

        Volatile.Write(ref running, host);
        surroundings.Out.WriteLine(host.ReadyLine);
        surroundings.Out.Flush();
        notice.Ready(host.ReadyLine);
        var work = ready(host, loaded.Settings, stop.Token);
        // Work that breaks takes the node with it: a seeding node that retires nothing any more must not go on giving.
        var stopped = WaitAsync(stop.Token);
        if (await Task.WhenAny(work, stopped) == stopped || work.IsCompletedSuccessfully)
        {
            await stopped;
        }

        notice.Stopping();
        return await StopAsync(host, work);
    }

    private LoadedSettings Load(ParseResult parsed, Action<LoadedSettings> adjust, PassedSockets sockets)
    {
        var loaded = options.Load(parsed, surroundings, isProxy);
        if (loaded.Problem is null)
        {
            sockets.Apply(loaded);
            adjust(loaded);
        }

        return loaded;
    }

    private string Reload(ParseResult parsed, Action<LoadedSettings> adjust, PassedSockets sockets, ProxyHost host)
    {
        var loaded = Load(parsed, adjust, sockets);
        return loaded.Problem is { } wrong ? $"Configuration kept as it was: {wrong}" : host.Reload(loaded.Settings);
    }

    private async Task<int> StopAsync(ProxyHost host, Task work)
    {
        try
        {
            // On another thread: a part may block before it first waits, as a file's removal does on a disk that hangs, and the limit would not begin.
            await Task.Run(StopBothAsync).WaitAsync(StopLimit);
        }
        catch (TimeoutException)
        {
            surroundings.Error.WriteLine("Stopped without waiting for all parts: they took longer than 4.5 s.");
        }

        return ExitCode.Success;

        async Task StopBothAsync()
        {
            try
            {
                await work;
            }
            finally
            {
                await host.DisposeAsync();
            }
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

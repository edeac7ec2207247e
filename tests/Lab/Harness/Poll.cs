using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Swarm.Lab.Harness;

/// <summary>Waits for what another program does. It raises no event here, so it is asked again until it holds: the one place that does so.</summary>
internal static class Poll
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(25);

    /// <summary>As long as a server may take to open its port on a loaded machine.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);

    /// <summary>As long as a client may take until it takes commands.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(2);

    /// <returns>False if it did not come to hold within the limit.</returns>
    public static async Task<bool> UntilAsync(Func<CancellationToken, Task<bool>> holds, TimeSpan limit, CancellationToken stop)
    {
        for (var clock = Stopwatch.StartNew(); !await holds(stop);)
        {
            if (clock.Elapsed > limit)
            {
                return false;
            }

            await Task.Delay(Pace, stop);
        }

        return true;
    }

    /// <summary>Waits until a server takes connections.</summary>
    /// <param name="newSocket">A socket of the machine that it is reached from.</param>
    /// <exception cref="LabException">It ended, or does not listen in time.</exception>
    public static async Task UntilListensAsync(string name, EndPoint at, ChildProcess process, Func<Socket> newSocket, CancellationToken stop)
    {
        var listens = await UntilAsync(
            async cancel =>
            {
                using var probe = newSocket();
                try
                {
                    await probe.ConnectAsync(at, cancel);
                    return true;
                }
                catch (SocketException) when (!process.HasExited)
                {
                    return false;
                }
                catch (SocketException e)
                {
                    throw new LabException($"{name} ended:\n{process.Errors}", e);
                }
            },
            StartLimit,
            stop);
        if (!listens)
        {
            throw new LabException($"{name} takes no connections:\n{process.Errors}");
        }
    }

    /// <summary>Waits until a program answers what it is asked over http.</summary>
    /// <exception cref="LabException">It ended, or does not answer in time.</exception>
    public static async Task UntilAnswersAsync(string name, ChildProcess process, Func<CancellationToken, Task> ask, CancellationToken stop)
    {
        var answers = await UntilAsync(
            async cancel =>
            {
                try
                {
                    await ask(cancel);
                    return true;
                }
                catch (HttpRequestException) when (!process.HasExited)
                {
                    return false;
                }
                catch (HttpRequestException e)
                {
                    throw new LabException($"{name} ended:\n{process.Errors}", e);
                }
            },
            AnswerLimit,
            stop);
        if (!answers)
        {
            throw new LabException($"{name} takes no commands:\n{process.Errors}");
        }
    }

    public static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
}

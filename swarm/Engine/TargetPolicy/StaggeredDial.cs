using System.Net;
using System.Net.Sockets;

namespace Swarm.Engine.Targets;

/// <summary>Connects to the first of several checked end points that answers, starting one attempt every 250 ms (RFC 8305 §5) or as soon as one fails.</summary>
/// <remarks>
/// Where the last has been silent for so long, the first is tried once more beside them: the kernel repeats a lost SYN only after a second
/// (RFC 6298 §2.1), and on a line that a crowd fills one is soon lost (tests/Lab, flash-crowd).
/// </remarks>
/// <param name="connect">Opens one connection; the kernel's own where none is given.</param>
internal sealed class StaggeredDial(TimeProvider time, Func<IPEndPoint, CancellationToken, Task<Socket>>? connect = null)
{
    private static readonly TimeSpan Stagger = TimeSpan.FromMilliseconds(250); // RFC 8305 §8, Connection Attempt Delay

    /// <param name="triesAgain">Whether silence is worth a second attempt: for what is small and others wait for. Origins get no more connections than without us.</param>
    public async ValueTask<DialResult> ConnectAsync(string host, IReadOnlyList<IPEndPoint> endPoints, bool triesAgain, CancellationToken cancellationToken)
    {
        var ordered = Interleave(endPoints);
        using var losers = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new List<Task<Attempt>>(ordered.Count);
        var lastError = SocketError.HostUnreachable;
        Attempt? winner = null;
        try
        {
            var next = 0;
            while (winner is null && (next < ordered.Count || running.Count > 0))
            {
                if (next < ordered.Count)
                {
                    running.Add(AttemptAsync(ordered[next++], losers.Token));
                }

                var finished = await FirstOrStaggerAsync(running, next < ordered.Count || triesAgain, cancellationToken).ConfigureAwait(false);
                if (finished is null)
                {
                    if (next == ordered.Count)
                    {
                        triesAgain = false;
                        running.Add(AttemptAsync(ordered[0], losers.Token));
                    }

                    continue;
                }

                running.Remove(finished);
                var attempt = await finished.ConfigureAwait(false);
                winner = attempt.Socket is null ? null : attempt;
                lastError = attempt.Error;
            }

            cancellationToken.ThrowIfCancellationRequested();
            return winner is { } won
                ? new DialResult(won.Socket, won.EndPoint, null, null)
                : new DialResult(null, null, null, new DialFailure(DialStage.Connect, lastError, Sentence(host, ordered[0].Port, lastError)));
        }
        catch
        {
            winner?.Socket?.Dispose();
            throw;
        }
        finally
        {
            await losers.CancelAsync().ConfigureAwait(false);
            foreach (var late in running)
            {
                (await late.ConfigureAwait(false)).Socket?.Dispose();
            }
        }
    }

    private async Task<Task<Attempt>?> FirstOrStaggerAsync(List<Task<Attempt>> running, bool more, CancellationToken cancellationToken)
    {
        if (!more)
        {
            return await Task.WhenAny(running).ConfigureAwait(false);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var stagger = Task.Delay(Stagger, time, stop.Token);
        var first = await Task.WhenAny([.. running, stagger]).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return first as Task<Attempt>;
    }

    private async Task<Attempt> AttemptAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        try
        {
            return new Attempt(endPoint, await (connect ?? ConnectAsync)(endPoint, cancellationToken).ConfigureAwait(false), SocketError.Success);
        }
        catch (SocketException e)
        {
            return new Attempt(endPoint, null, e.SocketErrorCode);
        }
        catch (OperationCanceledException)
        {
            return new Attempt(endPoint, null, SocketError.OperationAborted);
        }
    }

    private static async Task<Socket> ConnectAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        // NoDelay: a small request must not wait for the ACK of the one before (40 ms on Linux).
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Alternates the address families, keeping the resolver's order within each (RFC 8305 §4).</summary>
    private static List<IPEndPoint> Interleave(IReadOnlyList<IPEndPoint> endPoints)
    {
        if (endPoints.Count < 2)
        {
            return [.. endPoints];
        }

        var first = endPoints.Where(e => e.AddressFamily == endPoints[0].AddressFamily).ToList();
        var second = endPoints.Where(e => e.AddressFamily != endPoints[0].AddressFamily).ToList();
        var ordered = new List<IPEndPoint>(endPoints.Count);
        for (var i = 0; i < Math.Max(first.Count, second.Count); i++)
        {
            if (i < first.Count)
            {
                ordered.Add(first[i]);
            }

            if (i < second.Count)
            {
                ordered.Add(second[i]);
            }
        }

        return ordered;
    }

    private static string Sentence(string host, int port, SocketError error) => error switch
    {
        SocketError.ConnectionRefused => $"{host} refused the connection on port {port}.",
        SocketError.TimedOut => $"{host} did not answer on port {port}.",
        _ => $"No connection to {host} on port {port} ({error}).",
    };

    private readonly record struct Attempt(IPEndPoint EndPoint, Socket? Socket, SocketError Error);
}

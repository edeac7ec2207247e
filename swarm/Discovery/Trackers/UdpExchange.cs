using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>
/// One request to one address of a UDP tracker, with its connect where no id is at hand, until an answer or the last wait.
/// The socket is connected: the kernel then drops what comes from elsewhere and tells of unreachable ports.
/// </summary>
internal sealed class UdpExchange(IPEndPoint tracker, string host, UdpConnectionIds ids, TimeProvider time, int maxRetransmits)
{
    /// <summary>BEP 15: 15 · 2^n seconds after the n-th sending.</summary>
    private const int FirstWaitSeconds = 15;

    /// <summary>Datagrams that answer nothing; a tracker that sends more is no tracker.</summary>
    private const int MaxStrays = 64;

    // One more than allowed, to see that a datagram was longer.
    private readonly byte[] _received = new byte[Bep15UdpTracker.MaxAnswerBytes + 1];
    private int _strays;

    /// <summary>Never throws: a cancelled exchange is a failed one, and the caller knows whether it cancelled.</summary>
    public async Task<UdpAnswer> AskAsync(int bytes, UdpTrackerAction action, WriteUdpRequest write, CancellationToken cancel)
    {
        try
        {
            using var socket = new Socket(tracker.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            await socket.ConnectAsync(tracker, cancel).ConfigureAwait(false);
            return await AskAsync(socket, bytes, action, write, cancel).ConfigureAwait(false);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused || e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return UdpAnswer.Failed(TrackerStage.Connect, $"{host}: nothing listens on UDP port {tracker.Port}");
        }
        catch (SocketException e)
        {
            return UdpAnswer.Failed(TrackerStage.Connect, $"{host}: {e.Message}");
        }
        catch (OperationCanceledException)
        {
            return UdpAnswer.Failed(TrackerStage.Transfer, $"{host} did not answer before the others had");
        }
    }

    private async Task<UdpAnswer> AskAsync(Socket socket, int bytes, UdpTrackerAction action, WriteUdpRequest write, CancellationToken cancel)
    {
        var request = new byte[Math.Max(bytes, Bep15UdpTracker.ConnectBytes)];
        // An id of an earlier request may have died with the tracker: one that meets an error or silence is asked for anew.
        var isOldId = ids.Get(tracker) is not null;
        for (var sent = 0; sent <= maxRetransmits;)
        {
            var id = ids.Get(tracker);
            var asked = id is null ? UdpTrackerAction.Connect : action;
            var transaction = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));
            var length = id is null ? Bep15UdpTracker.ConnectBytes : bytes;
            if (id is { } known)
            {
                write(request.AsSpan(0, bytes), known, transaction);
            }
            else
            {
                Bep15UdpTracker.WriteConnect(request, transaction);
            }

            var answer = await SendAsync(socket, request.AsMemory(0, length), asked, transaction, TimeSpan.FromSeconds(FirstWaitSeconds << sent), cancel).ConfigureAwait(false);
            if (answer is { Error: null } && asked == UdpTrackerAction.Connect)
            {
                Bep15UdpTracker.TryReadConnect(answer.Value.Datagram, out var given);
                ids.Set(tracker, given);
            }
            else if (asked != UdpTrackerAction.Connect && isOldId && answer is null or { Error.Stage: TrackerStage.Refused })
            {
                ids.Forget(tracker);
                isOldId = false;
                sent += answer is null ? 1 : 0;
            }
            else if (answer is { } final)
            {
                return final;
            }
            else
            {
                sent++;
            }
        }

        return UdpAnswer.Failed(TrackerStage.Transfer, $"{host} did not answer {maxRetransmits + 1} times");
    }

    // Null if nothing came in time.
    private async Task<UdpAnswer?> SendAsync(Socket socket, ReadOnlyMemory<byte> request, UdpTrackerAction asked, uint transaction, TimeSpan wait, CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(wait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        await socket.SendAsync(request, SocketFlags.None, cancel).ConfigureAwait(false);
        try
        {
            while (true)
            {
                var count = await ReceiveAsync(socket, either.Token).ConfigureAwait(false);
                if (Judge(_received.AsSpan(0, count), asked, transaction) is { } answer)
                {
                    return answer;
                }
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<int> ReceiveAsync(Socket socket, CancellationToken cancel)
    {
        try
        {
            return await socket.ReceiveAsync(_received, SocketFlags.None, cancel).ConfigureAwait(false);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.MessageSize)
        {
            // How Windows says that a datagram was cut.
            return _received.Length;
        }
    }

    // Null for a datagram that is no answer to this request: a late one, or noise.
    private UdpAnswer? Judge(ReadOnlySpan<byte> datagram, UdpTrackerAction asked, uint transaction)
    {
        var isOurs = Bep15UdpTracker.TryReadHead(datagram, out var action, out var answered) && answered == transaction;
        if (isOurs && action == UdpTrackerAction.Error)
        {
            return UdpAnswer.Failed(TrackerStage.Refused, $"{host}: {Bep15UdpTracker.ReadError(datagram)}");
        }

        if (isOurs && datagram.Length > Bep15UdpTracker.MaxAnswerBytes)
        {
            return UdpAnswer.Failed(TrackerStage.Answer, $"{host} answers with more than {Bep15UdpTracker.MaxAnswerBytes} bytes");
        }

        if (isOurs && action == asked && (asked != UdpTrackerAction.Connect || Bep15UdpTracker.TryReadConnect(datagram, out _)))
        {
            return new(datagram.ToArray(), tracker.AddressFamily == AddressFamily.InterNetworkV6, null);
        }

        return ++_strays > MaxStrays ? UdpAnswer.Failed(TrackerStage.Answer, $"{host} answers what was not asked") : null;
    }
}

using System.Security.Cryptography;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>Reads bytes of a piece that may be given; false if any of them may not.</summary>
internal delegate bool ReadPiece(int piece, int begin, Span<byte> to);

/// <summary>
/// The v1 side of a hybrid: a piece that its leaves prove is announced to v1 peers only once its SHA-1 is right too
/// (BEP 52). Checked in the background, one piece at a time, and only once a v1 peer is there to be told.
/// </summary>
internal sealed class V1Pieces(Metainfo metainfo, ReadPriority priority, ReadPiece read)
{
    private readonly Lock _gate = new();
    private readonly BlockBits _passed = new(metainfo.PieceCount);
    private readonly BlockBits _waiting = new(metainfo.PieceCount);
    private volatile bool _closed;
    private bool _wanted;
    private Task _checking = Task.CompletedTask;

    /// <summary>A piece passed, or failed: its leaves are right and its SHA-1 is not. Called by the checking task.</summary>
    public required Action<int, bool> Checked { get; init; }

    /// <summary>The check that runs, or ran last.</summary>
    public Task Checking
    {
        get
        {
            lock (_gate)
            {
                return _checking;
            }
        }
    }

    public bool HasPassed(int piece)
    {
        lock (_gate)
        {
            return _passed[piece];
        }
    }

    /// <summary>A v1 peer is there: from now on pieces are worth checking.</summary>
    public void Want()
    {
        lock (_gate)
        {
            _wanted = true;
            Run();
        }
    }

    /// <summary>A piece may be given by its leaves.</summary>
    public void Consider(int piece)
    {
        lock (_gate)
        {
            if (!_passed[piece])
            {
                _waiting.Add(piece);
                Run();
            }
        }
    }

    public Task CloseAsync()
    {
        _closed = true;
        return Checking;
    }

    /// <summary>Starts the task unless it runs. Inside the lock.</summary>
    private void Run()
    {
        if (_wanted && _checking.IsCompleted && _waiting.Population > 0 && !_closed)
        {
            _checking = Task.Run(CheckAsync);
        }
    }

    private async Task CheckAsync()
    {
        var bytes = new byte[PieceLayout.BlockSize];
#pragma warning disable CA5350 // BEP 3 proves pieces by SHA-1; the leaves have proven them by SHA-256 before.
        using var sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        while (!_closed && TryNext(out var piece))
        {
            if (await IsRightAsync(piece, bytes, sha1) is { } right)
            {
                if (right)
                {
                    lock (_gate)
                    {
                        _passed.Add(piece);
                    }
                }

                Checked(piece, right);
            }
        }
    }

    private bool TryNext(out int piece)
    {
        lock (_gate)
        {
            piece = _waiting.Next(0);
            if (piece < 0)
            {
                // Said inside the lock: who adds a piece after this starts a new task.
                _checking = Task.CompletedTask;
                return false;
            }

            _waiting.Remove(piece);
            return true;
        }
    }

    /// <summary>Null if the piece cannot be read whole any more.</summary>
    private async ValueTask<bool?> IsRightAsync(int piece, byte[] bytes, IncrementalHash sha1)
    {
        var length = metainfo.V1PieceBytes(new(piece));
        var whole = true;
        for (var begin = 0; begin < length; begin += bytes.Length)
        {
            await priority.GiveWayAsync(CancellationToken.None);
            var part = bytes.AsMemory(0, Math.Min(bytes.Length, length - begin));
            whole &= read(piece, begin, part.Span);
            sha1.AppendData(part.Span);
        }

        Span<byte> digest = stackalloc byte[SHA1.HashSizeInBytes];
        sha1.GetHashAndReset(digest);
        return whole ? digest.SequenceEqual(metainfo.V1PieceHash(new(piece))) : null;
    }
}

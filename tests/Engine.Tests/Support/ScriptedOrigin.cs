using Swarm.Core;

namespace Swarm.Engine.Tests;

/// <summary>An origin that answers as the test says. Unscripted requests are answered whole.</summary>
internal sealed class ScriptedOrigin(byte[] bytes) : ScriptedAnswers<ByteRange>, IOriginAccess
{
    /// <summary>By the number of the request, from 0; null answers whole.</summary>
    public Func<int, ByteRange, OriginFetch?>? Script { get; init; }

    public async ValueTask<OriginFetch> FetchAsync(ByteRange range, CancellationToken cancel)
    {
        var number = await AskAsync(range, cancel);
        var fetch = Script?.Invoke(number, range) ?? new OriginFetch(new ScriptedBody(bytes, range.Offset, range.End), null);
        if (fetch.Body is ScriptedBody body)
        {
            Note(body);
        }

        return fetch;
    }
}

/// <summary>A body of these bytes that flows as far as it is let, and ends as it is told.</summary>
internal sealed class ScriptedBody(byte[] bytes, long start, long end) : IOriginBody
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _at = start;
    private bool _aborted;
    private long _letTo = long.MaxValue;

    public long Start { get; } = start;

    public long End => end;

    /// <summary>Breaks off before this offset.</summary>
    public long FailAt { get; init; } = long.MaxValue;

    /// <summary>Ends cleanly, but too early, before this offset.</summary>
    public long EndAt { get; init; } = long.MaxValue;

    public int MaxRead { get; init; } = int.MaxValue;

    /// <summary>What each read takes: the network of the stress test.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>The clock by which it is late.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    public bool Aborted => Volatile.Read(ref _aborted);

    /// <summary>Offset of the next byte that was not read.</summary>
    public long At => Volatile.Read(ref _at);

    /// <summary>Lets bytes flow up to this offset.</summary>
    public ScriptedBody LetTo(long offset)
    {
        lock (_gate)
        {
            _letTo = offset;
            Wake();
        }

        return this;
    }

    public async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken cancel)
    {
        if (Latency > TimeSpan.Zero)
        {
            await Task.Delay(Latency, Time, cancel);
        }

        while (true)
        {
            Task wait;
            lock (_gate)
            {
                cancel.ThrowIfCancellationRequested();
                if (_aborted || _at == FailAt)
                {
                    throw new IOException(_aborted ? "aborted" : "connection reset");
                }

                if (_at == end || _at == EndAt)
                {
                    return 0;
                }

                var stop = Math.Min(Math.Min(end, _letTo), Math.Min(FailAt, EndAt));
                if (stop > _at)
                {
                    var n = (int)Math.Min(Math.Min(into.Length, MaxRead), stop - _at);
                    bytes.AsSpan((int)_at, n).CopyTo(into.Span);
                    _at += n;
                    return n;
                }

                wait = _more.Task;
            }

            await wait.WaitAsync(cancel);
        }
    }

    public void Abort()
    {
        lock (_gate)
        {
            _aborted = true;
            Wake();
        }
    }

    private void Wake()
    {
        _more.TrySetResult();
        _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

using System.Buffers;
using Microsoft.Extensions.Logging;
using Swarm.Core;
using Swarm.Store;

namespace Swarm.Engine;

/// <summary>
/// The origin as one client request may use it: at most one run at a time, teed at byte granularity to that client while
/// its blocks are assembled for everyone.
/// </summary>
public sealed partial class OriginSource : IBlockSource, IDisposable
{
    /// <summary>A run may be this far ahead of its reader; beyond, the origin feels the client's own back-pressure.</summary>
    private const int PaceWindowBytes = 4 << 20;

    /// <summary>128 KiB: eight blocks a receive, well under 20 receives a MiB.</summary>
    private const int ReceiveBytes = 128 << 10;

    /// <summary>Compared on a resume under the same validator (design: two answers cannot be told apart otherwise).</summary>
    private const int OverlapBytes = 64 << 10;

    private readonly EngineContext _context;
    private readonly ResourceReader _reader;
    private readonly IOriginAccess? _access;
    private readonly AsyncSignal _pace = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationToken _closed;
    private readonly Lock _gate = new();
    private Run? _run;
    private BlockRun? _pending;
    private BlockRun? _asked;
    private long _askedStop = long.MaxValue;
    private long _bodyStart;
    private int _failures;
    private bool _resumes;
    private bool _gone;
    private bool _disposed;
    private int _bodies;

    internal OriginSource(EngineContext context, ResourceReader reader, IOriginAccess? access, string host)
    {
        _context = context;
        _reader = reader;
        _access = access;
        Address = host;
        _closed = _closing.Token;
        Id = context.NextId();
        Record = context.Sources.Add(Id, SourceKind.Origin, host);
    }

    /// <summary>Bytes that only this client may have: unaligned ends of an answer, and blocks that contradict the tree.</summary>
    private readonly Queue<PrivatePart> _private = new();

    public int Id { get; }
    public SourceKind Kind => SourceKind.Origin;
    public string Address { get; }
    public string? ClientName => null;
    internal SourceRecord Record { get; }

    private FileContent Content => _reader.Content;

    /// <summary>One answer under way: its body, where it stands, and the block it is filling.</summary>
    private sealed class Run(IOriginBody body)
    {
        public IOriginBody Body => body;
        public long Next = body.Start;
        public long StopBefore = body.End;
        public BlockBuffer? Current;

        /// <summary>Rented before a receive, so that what arrives always has a place.</summary>
        public readonly Stack<BlockBuffer> Spare = new();

        /// <summary>Offset of the first byte held in <see cref="Current"/>; it is block-aligned but for the first block of an unaligned answer.</summary>
        public long CurrentFrom = body.Start;
        public bool Cut;
    }

    private readonly record struct PrivatePart(long From, long End, BlockBuffer Buffer);

    // --- Called by the front and the reader

    /// <summary>Takes the body of the permission answer as the first run; it flows once <see cref="StartAdopted"/> is called.</summary>
    internal void Adopt(IOriginBody body)
    {
        lock (_gate)
        {
            _run = new Run(body);
            _bodies++;
            _bodyStart = body.Start;
        }
    }

    /// <summary>Starts the adopted run. The loop was told of it when this source joined, before anything could ask for the same bytes.</summary>
    internal void StartAdopted()
    {
        if (_run is { } run)
        {
            _ = PumpAsync(run);
        }
    }

    /// <summary>Copies bytes of the block that is arriving now, or of a private part, as far as they are here.</summary>
    internal int TryRead(long offset, Span<byte> to)
    {
        lock (_gate)
        {
            if (_run is { Current: { } buffer } run && offset >= run.CurrentFrom && offset < run.Next)
            {
                return Copy(buffer, offset, run.Next, to);
            }

            foreach (var part in _private)
            {
                if (offset >= part.From && offset < part.End)
                {
                    return Copy(part.Buffer, offset, part.End, to);
                }
            }

            return 0;
        }
    }

    /// <summary>True if the answer under way is the only one so far and will deliver everything up to <paramref name="end"/>.</summary>
    internal bool CoversUninterrupted(long end)
    {
        lock (_gate)
        {
            return _run is { Cut: false } run && _bodies == 1 && run.StopBefore >= end && _bodyStart <= _reader.Range.Offset;
        }
    }

    /// <summary>True while an answer is under way, or asked for.</summary>
    internal bool IsRunning
    {
        get
        {
            lock (_gate)
            {
                return _run is not null || _asked is not null;
            }
        }
    }

    /// <summary>True if the answer under way has delivered the byte already, or there is none.</summary>
    internal bool HasPassed(long offset)
    {
        lock (_gate)
        {
            return _run is null || _run.Next > offset;
        }
    }

    internal void OnReaderAdvanced()
    {
        lock (_gate)
        {
            while (_private.TryPeek(out var part) && part.End <= _reader.Position)
            {
                _private.Dequeue().Buffer.Release();
            }
        }

        _pace.Set();
    }

    // --- Called by the loop

    public void Request(BlockRun run, Instant deadline)
    {
        lock (_gate)
        {
            if (_gone || _access is null)
            {
                Content.Post(EventKind.Rejected, Id, FileBlock(run.First), run.Count);
                return;
            }

            if (_run is not null || _asked is not null)
            {
                _pending = run;
                return;
            }

            _pending = null;
            _asked = run;
            _askedStop = long.MaxValue;
        }

        _ = FetchAsync(run);
    }

    public void Cancel(BlockRun run)
    {
        var stopAt = (long)FileBlock(run.First) * PieceLayout.BlockSize;
        lock (_gate)
        {
            if (_pending is { } p && p.First >= run.First)
            {
                _pending = null;
            }

            _askedStop = Math.Min(_askedStop, stopAt);
            if (_run is { } active && stopAt < active.StopBefore)
            {
                active.Cut = true;
                active.StopBefore = Math.Max(stopAt, active.Next);
                if (active.StopBefore == active.Next)
                {
                    active.Body.Abort();
                }
            }
        }

        _pace.Set();
    }

    public void AskHashes(BlockRun run) => Content.Post(EventKind.HashesRefused, Id, FileBlock(run.First), run.Count);

    public void Ban(int block) => Close();

    public void Flush()
    {
    }

    public void Close() => Dispose();

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _gone = true;
            _run?.Body.Abort();
            while (_private.TryDequeue(out var part))
            {
                part.Buffer.Release();
            }
        }

        _closing.Cancel();
        _closing.Dispose();
        Record.Connected = false;
        if (Content.Attachment is { } at)
        {
            at.Loop.Leave(Id);
        }
    }

    internal void JoinLoop(Attachment at)
    {
        if (_gone)
        {
            return;
        }

        Run? run;
        lock (_gate)
        {
            run = _run;
        }

        // The run before the ability to run: else the core would ask for what is already coming.
        at.Loop.Join(Id, this, requestSlots: 1, rttMicros: 0);
        if (run is not null)
        {
            PostRunStarted(run, 0);
        }

        at.Loop.Post(EventKind.SourceHas, Id, at.FirstBlock, Content.BlockCount);
    }

    internal void LeaveLoop(Attachment at) => at.Loop.Leave(Id);

    // --- The run

    private int FileBlock(int contentBlock) => contentBlock - (Content.Attachment?.FirstBlock ?? 0);

    private async Task FetchAsync(BlockRun run)
    {
        var first = FileBlock(run.First);
        var range = ByteRange.FromBounds(
            (long)first * PieceLayout.BlockSize,
            Math.Min(Content.Length, (long)(first + run.Count) * PieceLayout.BlockSize));
        var overlap = _resumes && Content.Tree is null ? Overlap(range.Offset) : 0;
        var asked = ByteRange.FromBounds(range.Offset - overlap, range.End);
        var since = _context.Now;
        OriginFetch fetch;
        try
        {
            fetch = await _access!.FetchAsync(asked, _closed);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (Exception e)
        {
            // A fetch answers with values; whatever else a hostile server provokes is a failed transport.
            fetch = new FetchError(FetchFailure.Transport, e.Message);
        }

        if (fetch.Body is not { } body)
        {
            OnFailed(fetch.Error!, first, run.Count);
            return;
        }

        if (body.Start != asked.Offset)
        {
            body.Abort();
            OnFailed(new(FetchFailure.Unusable, $"asked from byte {asked.Offset}, the answer starts at {body.Start}"), first, run.Count);
            return;
        }

        if (overlap > 0 && !await SkipOverlapAsync(body, asked.Offset, overlap))
        {
            return;
        }

        var started = new Run(body) { Next = range.Offset, CurrentFrom = range.Offset };
        lock (_gate)
        {
            _asked = null;
            if (_gone)
            {
                body.Abort();
                return;
            }

            if (_askedStop < started.StopBefore)
            {
                started.StopBefore = Math.Max(_askedStop, started.Next);
                started.Cut = true;
            }

            _run = started;
            _bodies++;
            _bodyStart = range.Offset;
        }

        PostRunStarted(started, _context.Now - since);
        await PumpAsync(started);
    }

    private async Task PumpAsync(Run run)
    {
        var scratch = ArrayPool<byte>.Shared.Rent(ReceiveBytes);
        var end = RunEnd.Complete;
        var detail = "";
        try
        {
            while (run.Next < run.StopBefore)
            {
                while (run.Next - _reader.Position > PaceWindowBytes && run.Next < run.StopBefore)
                {
                    await _pace.WaitAsync(_closed);
                }

                await ReserveAsync(run);
                var want = (int)Math.Min(ReceiveBytes, run.StopBefore - run.Next);
                if (want <= 0)
                {
                    break;
                }

                var n = await run.Body.ReadAsync(scratch.AsMemory(0, want), _closed);
                if (n == 0)
                {
                    throw new EndOfStreamException($"the origin ended {run.Body.End - run.Next} bytes early");
                }

                _failures = 0;
                Record.Received(n);
                _context.Metrics.AddReceived(SourceKind.Origin, n);
                Take(run, scratch.AsSpan(0, n));
            }

            end = run.StopBefore < run.Body.End ? RunEnd.Aborted : RunEnd.Complete;
        }
        catch (OperationCanceledException)
        {
            end = RunEnd.Aborted;
        }
        catch (Exception e)
        {
            // Any fault of the transport or of a hostile server ends the run; what arrived stays.
            end = run.Cut ? RunEnd.Aborted : RunEnd.Failed;
            detail = e.Message;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
            while (run.Spare.TryPop(out var spare))
            {
                spare.Release();
            }
        }

        if (end == RunEnd.Aborted)
        {
            run.Body.Abort();
        }

        await FinishAsync(run, end, detail);
    }

    /// <summary>Waits until the pool has room for one receive: memory full is back-pressure on the origin.</summary>
    private async ValueTask ReserveAsync(Run run)
    {
        while (run.Spare.Count <= ReceiveBytes / PieceLayout.BlockSize)
        {
            if (_context.Pool.TryRent() is { } buffer)
            {
                run.Spare.Push(buffer);
            }
            else
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), _context.Time, _closed);
            }
        }
    }

    /// <summary>Tees received bytes: into the current block, and on to assembled blocks.</summary>
    private void Take(Run run, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var block = (int)(run.Next / PieceLayout.BlockSize);
            var within = (int)(run.Next % PieceLayout.BlockSize);
            var blockBytes = Content.BlockBytes(block);
            var n = Math.Min(bytes.Length, blockBytes - within);
            lock (_gate)
            {
                run.Current ??= run.Spare.Pop();
                bytes[..n].CopyTo(run.Current.Span[within..]);
                run.Next += n;
            }

            if (within + n == blockBytes)
            {
                CloseBlock(run, block, blockBytes);
            }
            else
            {
                Content.Post(EventKind.Progress, Id, block, within + n);
            }

            bytes = bytes[n..];
        }

        _reader.Wake();
    }

    /// <summary>
    /// The block has its last byte. It is admitted before the run lets go of it, so that at no moment the bytes are in neither
    /// place; what cannot be admitted stays private.
    /// </summary>
    private void CloseBlock(Run run, int block, int blockBytes)
    {
        var whole = run.CurrentFrom <= (long)block * PieceLayout.BlockSize;
        var kept = whole && Content.CompleteOrigin(block, run.Current!, blockBytes, Id)
            && (_reader.TreeAllowed || Content.IsFromOrigin(block)); // what only a tree vouches for would be withheld from this reader
        lock (_gate)
        {
            if (kept)
            {
                run.Current!.Release();
            }
            else
            {
                _private.Enqueue(new(run.CurrentFrom, run.Next, run.Current!));
            }

            run.Current = null;
            run.CurrentFrom = run.Next;
        }
    }

    private static int Copy(BlockBuffer buffer, long offset, long end, Span<byte> to)
    {
        var n = (int)Math.Min(to.Length, end - offset);
        buffer.Span.Slice((int)(offset % PieceLayout.BlockSize), n).CopyTo(to);
        return n;
    }

    private async Task FinishAsync(Run run, RunEnd end, string detail)
    {
        lock (_gate)
        {
            if (run.Current is { } tail)
            {
                _private.Enqueue(new(run.CurrentFrom, run.Next, tail));
                run.Current = null;
            }
        }

        // A tail that ends inside a block is never admitted: the run is over when its reader has it, else the core would ask again.
        while (end == RunEnd.Complete && HoldsPrivateTail(run.Next))
        {
            _reader.Wake();
            try
            {
                await _pace.WaitAsync(_closed);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        BlockRun? next;
        lock (_gate)
        {
            _run = null;
            next = _pending;
            _pending = null;
        }

        var nextBlock = (int)(run.Next / PieceLayout.BlockSize);
        Content.Post(EventKind.RunEnded, Id, nextBlock, (long)end);
        if (end == RunEnd.Failed)
        {
            _resumes = true;
            OnFailed(new(FetchFailure.Transport, detail), nextBlock, 0);
        }

        if (next is { } more)
        {
            Request(more, Instant.Never);
        }

        _reader.Wake();
    }

    private bool HoldsPrivateTail(long end)
    {
        lock (_gate)
        {
            return _private.Any(p => p.End == end) && end % PieceLayout.BlockSize != 0 && end != Content.Length;
        }
    }

    private void OnFailed(FetchError error, int firstBlock, int count)
    {
        if (count > 0)
        {
            lock (_gate)
            {
                _asked = null;
            }

            Content.Post(EventKind.Rejected, Id, firstBlock, count);
        }

        _failures++;
        if (_gone)
        {
            return;
        }

        if (error.MayRetry && _failures <= MaxFailures)
        {
            // At once the first time: most broken streams are a dropped connection. Then 0.25, 0.5, 1 … s.
            var hold = _failures == 1 ? 0 : 250_000L << Math.Min(6, _failures - 2);
            Content.Post(EventKind.OriginHeld, Id, 0, (_context.Now + hold).Micros);
            return;
        }

        lock (_gate)
        {
            _gone = true;
        }

        Record.Connected = false;
        LogGone(_context.Logger, Address, error.Detail);
        if (Content.Attachment is { } at)
        {
            at.Loop.Leave(Id);
        }

        _reader.OnOriginGone(error);
    }

    private const int MaxFailures = 5;

    private int Overlap(long start)
    {
        var n = (int)Math.Min(OverlapBytes, start);
        return n > 0 && !Content.LacksAny(new(start - n, n)) ? n : 0;
    }

    private async Task<bool> SkipOverlapAsync(IOriginBody body, long from, int overlap)
    {
        var fresh = new byte[overlap];
        var known = new byte[overlap];
        try
        {
            for (var got = 0; got < overlap;)
            {
                var n = await body.ReadAsync(fresh.AsMemory(got), _closed);
                if (n == 0)
                {
                    throw new EndOfStreamException("the origin ended within the overlap");
                }

                got += n;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            body.Abort();
            OnFailed(new(FetchFailure.Transport, e.Message), (int)((from + overlap) / PieceLayout.BlockSize), 1);
            return false;
        }

        for (var got = 0; got < overlap;)
        {
            var n = Content.Read(from + got, known.AsSpan(got), -1, treeAllowed: false, out _, out _);
            if (n == 0)
            {
                return true; // dropped from memory meanwhile: nothing left to compare with
            }

            got += n;
        }

        if (fresh.AsSpan().SequenceEqual(known))
        {
            return true;
        }

        body.Abort();
        Content.Falsify();
        OnFailed(new(FetchFailure.Changed, "the bytes changed under the same validator"), (int)((from + overlap) / PieceLayout.BlockSize), 1);
        return false;
    }

    private void PostRunStarted(Run run, long ttfbMicros)
    {
        var first = (int)(run.Next / PieceLayout.BlockSize);
        var end = (int)((run.StopBefore + PieceLayout.BlockSize - 1) / PieceLayout.BlockSize);
        Content.Post(EventKind.RunStarted, Id, first, end - first, ttfbMicros);
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "origin {Host} is gone for this response: {Detail}")]
    private static partial void LogGone(ILogger logger, string host, string detail);
}

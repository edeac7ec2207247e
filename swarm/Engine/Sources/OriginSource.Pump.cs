using System.Buffers;
using System.Diagnostics;
using Swarm.Core;
using Swarm.Engine.Receipts;
using Swarm.Engine.Tracing;

namespace Swarm.Engine;

// The way of a run's bytes: asked for, compared where a stream is resumed, received, teed.
public sealed partial class OriginSource
{
    /// <summary>128 KiB: eight blocks a receive, well under 20 receives a MiB.</summary>
    private const int ReceiveBytes = 128 << 10;

    /// <summary>Blocks that one receive can touch, unaligned ends included.</summary>
    private const int ReceiveBlocks = (ReceiveBytes / PieceLayout.BlockSize) + 1;

    /// <summary>Compared on a resume under the same validator (design: two answers cannot be told apart otherwise).</summary>
    private const int OverlapBytes = 64 << 10;

    private async Task FetchAsync(Asked asked)
    {
        var start = (long)asked.Run.First * PieceLayout.BlockSize;
        var end = Math.Min(Content.Length, (long)asked.Run.End * PieceLayout.BlockSize);
        var overlap = _resumes && Content.Tree is null ? Overlap(start) : 0;
        var since = _context.Now;
        using var span = Trace(asked.Run);
        var (body, error) = await OpenAsync(ByteRange.FromBounds(start - overlap, end));
        if (body is not null && overlap > 0)
        {
            error = await CompareOverlapAsync(body, start - overlap, overlap);
        }

        if (body is not null && error is null && Content.Falsified)
        {
            error = new(FetchFailure.Changed, "the resource contradicted itself while it was asked for more");
        }

        if (body is null || error is not null)
        {
            body?.Abort();
            OnFetchFailed(asked, error!);
            return;
        }

        var run = new OriginAnswerRun(body, start, Content.Length);
        lock (_gate)
        {
            _asked = null;
            if (_gone)
            {
                body.Abort();
                return;
            }

            if (asked.StopBefore < run.StopBefore)
            {
                run.StopBefore = Math.Max(asked.StopBefore, run.Next);
                run.Cut = true;
            }

            _run = run;
            OnAnswer(start);
            _resumes = false;
            if (!asked.Announced)
            {
                PostRunStarted(run, _context.Now - since);
            }
        }

        await PumpAsync(run);
    }

    /// <summary>The span of a run that the loop asked for, from the request to its last byte; current in what follows, so that the connection can name its socket there.</summary>
    private Activity? Trace(BlockRun run)
    {
        if (_reader.Trace == default || !_reader.MayTraceFetch() || SwarmTrace.Source.StartActivity("fetch", ActivityKind.Client, _reader.Trace) is not { } span)
        {
            return null;
        }

        span.SetTag("swarm.source", SourceKind.Origin.Label());
        span.SetTag("server.address", Address);
        span.SetTag("swarm.block.first", run.First);
        span.SetTag("swarm.block.count", run.Count);
        return span;
    }

    private async Task<OriginFetch> OpenAsync(ByteRange range)
    {
        OriginFetch fetch;
        try
        {
            fetch = await _access!.FetchAsync(range, _closed);
        }
        catch (Exception e)
        {
            // A fetch answers with values; whatever else a hostile server provokes is a failed transport.
            return new FetchError(FetchFailure.Transport, e.Message);
        }

        if (fetch.Body is { } body && body.Start != range.Offset)
        {
            body.Abort();
            return new FetchError(FetchFailure.Unusable, $"asked from byte {range.Offset}, the answer starts at {body.Start}");
        }

        return fetch;
    }

    private void OnFetchFailed(Asked asked, FetchError error)
    {
        bool goesOn;
        lock (_gate)
        {
            _asked = null;
            if (asked.Announced)
            {
                _seat?.Post(EventKind.RunEnded, asked.Run.First, (long)RunEnd.Failed);
            }
            else
            {
                _seat?.Post(EventKind.Rejected, asked.Run.First, asked.Run.Count);
            }

            goesOn = TakesAnother(error);
            _pending = null;
        }

        if (!goesOn)
        {
            OnGone(error);
        }
    }

    private async Task PumpAsync(OriginAnswerRun run)
    {
        var scratch = ArrayPool<byte>.Shared.Rent(ReceiveBytes);
        var end = RunEnd.Complete;
        var detail = "";
        try
        {
            while (run.Next < run.StopBefore)
            {
                long until;
                while ((until = MayReceiveUntil(run)) <= run.Next && run.Next < run.StopBefore)
                {
                    await _pace.WaitAsync(_closed);
                }

                await ReserveAsync(run);
                var want = (int)Math.Min(ReceiveBytes, Math.Min(until, run.StopBefore) - run.Next);
                if (want <= 0)
                {
                    break;
                }

                var n = await run.Body.ReadAsync(scratch.AsMemory(0, want), _closed);
                if (n == 0)
                {
                    throw new EndOfStreamException($"the origin ended {run.End - run.Next} bytes early");
                }

                Record.Received(n);
                _context.Metrics.AddReceived(SourceKind.Origin, n);
                Take(run, scratch.AsSpan(0, n));
            }

            end = run.Next < run.Body.End ? RunEnd.Aborted : RunEnd.Complete;
        }
        catch (OperationCanceledException) when (_closed.IsCancellationRequested)
        {
            end = RunEnd.Aborted;
        }
        catch (Exception e)
        {
            // Any fault of the transport or of a hostile server ends the run; what arrived stays. A run that was cut at this very
            // place broke because we closed it.
            end = run.Cut && run.Next >= run.StopBefore ? RunEnd.Aborted : RunEnd.Failed;
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

        if (end != RunEnd.Complete)
        {
            run.Body.Abort();
        }

        await FinishAsync(run, end, detail);
    }

    /// <summary>Waits until the pool has room for one receive: memory full is back-pressure on the origin.</summary>
    private async ValueTask ReserveAsync(OriginAnswerRun run)
    {
        while (run.Spare.Count < ReceiveBlocks)
        {
            if (_context.Pool.TryRent() is { } buffer)
            {
                run.Spare.Push(buffer);
            }
            else
            {
                _context.RelieveMemory();
                await Task.Delay(TimeSpan.FromMilliseconds(20), _context.Time, _closed);
            }
        }
    }

    /// <summary>Tees received bytes: into the current block, and on to assembled blocks.</summary>
    private void Take(OriginAnswerRun run, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var block = run.NextBlock;
            var within = (int)(run.Next % PieceLayout.BlockSize);
            var blockBytes = Content.BlockBytes(block);
            var n = Math.Min(bytes.Length, blockBytes - within);
            lock (_gate)
            {
                run.Current ??= run.Spare.Pop();
                bytes[..n].CopyTo(run.Current.Span[within..]);
                run.Next += n;
                _hasGiven = true;
                if (within + n < blockBytes)
                {
                    _seat?.Post(EventKind.Progress, block, within + n);
                }
            }

            if (within + n == blockBytes)
            {
                CloseBlock(run, block, blockBytes);
            }

            bytes = bytes[n..];
        }

        _reader.Wake();
    }

    /// <summary>
    /// The block has its last byte. It is admitted before the run lets go of it, so that at no moment the bytes are in neither
    /// place; what cannot be admitted stays private.
    /// </summary>
    private void CloseBlock(OriginAnswerRun run, int block, int blockBytes)
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
                _private.Add(run.CurrentFrom, run.Next, run.Current!);
            }

            run.Current = null;
            run.CurrentFrom = run.Next;
            // Only a whole block is progress: a server that dies within each first block is a broken one.
            _failures = whole ? 0 : _failures;
        }

        if (!kept)
        {
            // The core never hears of this block: it must not ask for it again.
            _reader.PostPosition();
        }
    }

    private async Task FinishAsync(OriginAnswerRun run, RunEnd end, string detail)
    {
        lock (_gate)
        {
            if (run.Current is { } tail)
            {
                _private.Add(run.CurrentFrom, run.Next, tail);
                _private.DropBefore(_reader.Position); // a quick reader took it while it was filling
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

        _reader.PostPosition();
        var error = new FetchError(FetchFailure.Transport, detail);
        var goesOn = true;
        lock (_gate)
        {
            _run = null;
            _wholeUpTo = end == RunEnd.Complete && !run.Cut ? run.Next : 0;
            _seat?.Post(EventKind.RunEnded, run.NextBlock, (long)end);
            if (end == RunEnd.Failed)
            {
                _resumes = true;
                goesOn = TakesAnother(error);
            }

            if (_pending is { } more && !_gone)
            {
                Ask(more);
            }
        }

        if (!goesOn)
        {
            OnGone(error);
        }

        _reader.Wake();
    }

    private bool HoldsPrivateTail(long end)
    {
        lock (_gate)
        {
            return end % PieceLayout.BlockSize != 0 && end != Content.Length && _private.EndsAt(end);
        }
    }

    // --- Resuming

    private int Overlap(long start)
    {
        var n = (int)Math.Min(OverlapBytes, start);
        return n > 0 && !Content.LacksAny(new(start - n, n)) ? n : 0;
    }

    /// <summary>Reads the overlap off the new answer and compares it with what is here. An error if it differs or breaks off.</summary>
    private async Task<FetchError?> CompareOverlapAsync(IOriginBody body, long from, int overlap)
    {
        var fresh = new byte[overlap];
        try
        {
            for (var got = 0; got < overlap;)
            {
                var n = await body.ReadAsync(fresh.AsMemory(got), _closed);
                if (n == 0)
                {
                    return new(FetchFailure.Transport, "the origin ended within the overlap");
                }

                got += n;
            }
        }
        catch (Exception e)
        {
            // As in the pump: any fault of the transport or of a hostile server.
            return new(FetchFailure.Transport, e.Message);
        }

        var known = new byte[overlap];
        for (var got = 0; got < overlap;)
        {
            var n = Content.Read(from + got, known.AsSpan(got), -1, treeAllowed: false, out _, out _);
            if (n == 0)
            {
                return null; // dropped from memory meanwhile: nothing left to compare with
            }

            got += n;
        }

        if (fresh.AsSpan().SequenceEqual(known))
        {
            return null;
        }

        Content.Falsify();
        return new(FetchFailure.Changed, "the bytes changed under the same validator");
    }
}

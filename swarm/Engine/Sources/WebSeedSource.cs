using System.Buffers;
using Swarm.Core;
using Swarm.Engine.Receipts;
using Swarm.Protocol;
using Swarm.Store;

namespace Swarm.Engine;

/// <summary>
/// One web seed or mirror (<see cref="HttpSeed"/>) as a source of blocks: what the loop asks for becomes bounded range requests, two at a time.
/// Its bytes are a peer's: hashed on arrival, admitted or condemned by the tree, never the origin's.
/// </summary>
/// <remarks>Thread-safe: its lock guards what waits and what is under way, and is held over nothing else. It decides nothing; trouble ends it, and <see cref="WebSeeds"/> says what then.</remarks>
internal sealed class WebSeedSource : IBlockSource, IDisposable
{
    /// <summary>Blocks that may be asked for at once, 8 MiB: 400 ms of round trip and queue at 20 MB/s.</summary>
    private const int RequestSlots = 512;

    /// <summary>While one answer flows the next is asked for, so that a round trip costs nothing.</summary>
    private const int MaxRuns = 2;

    /// <summary>With those that nobody waits for any more, but whose first block may still show that the server lives.</summary>
    private const int MaxOpen = 4;

    private const int ReceiveBytes = 128 << 10;

    private readonly EngineContext _context;
    private readonly SwarmLoop _loop;
    private readonly Metainfo _metainfo;
    private readonly HttpSeed _seed;
    private readonly IWebSeedAccess _access;
    private readonly Action<WebSeedSource, FetchError?> _onEnded;
    private readonly Lock _gate = new();
    private readonly Dictionary<int, Instant> _waiting = [];
    private readonly List<WebSeedRun> _runs = [];
    private readonly bool[] _lacks;
    private readonly CancellationTokenSource _closing = new();
    private readonly ReceiveRate _rate;
    private bool _ended;

    /// <param name="onEnded">Told once that it left the loop, and why; null where it was told to.</param>
    public WebSeedSource(EngineContext context, SwarmLoop loop, Metainfo metainfo, HttpSeed seed, IWebSeedAccess access, Action<WebSeedSource, FetchError?> onEnded)
    {
        (_context, _loop, _metainfo, _seed, _access, _onEnded) = (context, loop, metainfo, seed, access, onEnded);
        _lacks = new bool[metainfo.Files.Length];
        _rate = new(context);
        Address = new Uri(seed.Url).Authority;
        Id = context.NextId();
        Record = context.Sources.Add(Id, seed.Kind, Address);
        Record.Infohash = metainfo.InfoHash.Id;
    }

    public int Id { get; }
    public SourceKind Kind => _seed.Kind;
    public string Address { get; }
    public string? ClientName => null;
    public SourceRecord Record { get; }

    /// <summary>Over the last second or two.</summary>
    public double BytesPerSecond => _rate.BytesPerSecond;

    public void Join()
    {
        _loop.Join(Id, this, RequestSlots, rttMicros: 0);
        for (var file = 0; file < _loop.Layout.Files.Length; file++)
        {
            if (_loop.File(file) is { } content ? _seed.MayServe(file, content) : _seed.Has(file))
            {
                _loop.Post(EventKind.SourceHas, Id, _loop.Layout.Files[file].FirstBlock, _loop.Layout.Files[file].BlockCount);
            }
        }
    }

    // --- Decisions

    public void Request(BlockRun run, Instant deadline)
    {
        lock (_gate)
        {
            for (var block = run.First; block < run.End; block++)
            {
                _waiting[block] = deadline;
            }
        }
    }

    public void Cancel(BlockRun run)
    {
        List<IOriginBody>? cut = null;
        lock (_gate)
        {
            for (var block = run.First; block < run.End; block++)
            {
                if (!_waiting.Remove(block) && _runs.Find(r => r.Blocks.Contains(block)) is { IsWanted: true } under)
                {
                    under.Drop(block);
                    if (!under.IsWanted && under.Delivered > 0 && under.Body is { } body)
                    {
                        (cut ??= []).Add(body);
                    }
                }
            }
        }

        cut?.ForEach(body => body.Abort());
    }

    public void AskHashes(BlockRun run) => _loop.Post(EventKind.HashesRefused, Id, run.First, run.Count, 1);

    public void Ban(int block)
    {
        Record.Ban(new(block, "the block failed its hash", _context.Time.GetUtcNow()));
        _context.Events.Publish($"{Kind.Label()}.banned", $"{Address} sent block {block} with a wrong hash");
        End(null);
    }

    public void Flush() => Start();

    public void Close() => End(null);

    public void Dispose() => End(null);

    // --- Requests

    /// <summary>Asks for what waits, the earliest deadline first and what lies behind it with it.</summary>
    private void Start()
    {
        while (true)
        {
            WebSeedRun run;
            lock (_gate)
            {
                if (_ended || _waiting.Count == 0 || _runs.Count >= MaxOpen || _runs.Count(r => r.IsWanted) >= MaxRuns)
                {
                    return;
                }

                run = TakeRun();
                _runs.Add(run);
            }

            // Off the loop's thread: what is here already would be read and hashed on it.
            _ = Task.Run(() => BringAsync(run));
        }
    }

    /// <summary>Inside the lock.</summary>
    private WebSeedRun TakeRun()
    {
        var (first, due) = (-1, Instant.Never);
        foreach (var (block, deadline) in _waiting)
        {
            if (first < 0 || deadline < due || (deadline == due && block < first))
            {
                (first, due) = (block, deadline);
            }
        }

        var file = _loop.Layout.FileOf(first);
        var end = first;
        while (end - first < WebSeedRun.MaxBlocks && _loop.Layout.FileOf(end) == file && _waiting.Remove(end))
        {
            end++;
        }

        return new(first, end - first);
    }

    private async Task BringAsync(WebSeedRun run)
    {
        FetchError? error;
        try
        {
            error = await FetchAsync(run);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e)
        {
            // Any fault of the transport or of a hostile server ends the run; what arrived stays.
            error = new(FetchFailure.Transport, e.Message);
        }

        bool broken;
        lock (_gate)
        {
            // One that nobody waited for broke because it was cut.
            broken = error is not null && (run.IsWanted || run.Delivered == 0);
            _runs.Remove(run);
        }

        if (broken)
        {
            Fail(run, error!);
        }

        Start();
    }

    private async Task<FetchError?> FetchAsync(WebSeedRun run)
    {
        var layoutFile = _loop.Layout.Files[_loop.Layout.FileOf(run.Blocks.First)];
        if (_loop.FileAt(run.Blocks.First, out _) is not { } content || !_seed.MayServe(_loop.Layout.FileOf(run.Blocks.First), content))
        {
            Lack(layoutFile.Blocks, run);
            return null;
        }

        var scratch = ArrayPool<byte>.Shared.Rent(ReceiveBytes);
        var assembly = new Assembly(run.Blocks.First);
        try
        {
            var at = (long)run.Blocks.First * PieceLayout.BlockSize;
            var end = Math.Min(layoutFile.ContentOffset + layoutFile.Length, (long)run.Blocks.End * PieceLayout.BlockSize);
            while (at < end)
            {
                var part = Bep19WebSeed.FirstPartOf(_metainfo, ByteRange.FromBounds(at, end));
                var before = at;
                if (part.File == WebSeedPart.Gap)
                {
                    var zeros = (int)Math.Min(ReceiveBytes, part.Range.Length);
                    scratch.AsSpan(0, zeros).Clear();
                    await TakeAsync(run, assembly, scratch.AsMemory(0, zeros), content);
                    at += zeros;
                    continue;
                }

                run.FailedFile = part.File;
                var fetch = await OpenAsync(part, content);
                if (fetch.Body is not { } body)
                {
                    return fetch.Error;
                }

                lock (_gate)
                {
                    run.Body = body;
                }

                try
                {
                    while (at - before < part.Range.Length && IsWorthIt(run))
                    {
                        var n = await body.ReadAsync(scratch.AsMemory(0, (int)Math.Min(ReceiveBytes, part.Range.Length - (at - before))), _closing.Token);
                        if (n == 0)
                        {
                            break; // it brought less than it was asked for; the rest is asked for again
                        }

                        Record.Received(n);
                        _rate.Add(n);
                        _context.Metrics.AddReceived(Kind, n);
                        await TakeAsync(run, assembly, scratch.AsMemory(0, n), content);
                        at += n;
                    }
                }
                finally
                {
                    // Read to its end the connection is kept, else closed.
                    lock (_gate)
                    {
                        run.Body = null;
                    }

                    body.Abort();
                }

                if (!IsWorthIt(run))
                {
                    return null;
                }

                if (at == before)
                {
                    return new(FetchFailure.Transport, "it ended before a byte of what was asked for");
                }
            }

            return null;
        }
        finally
        {
            assembly.Block?.Release();
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    private async ValueTask<WebSeedFetch> OpenAsync(WebSeedPart part, FileContent content)
    {
        var request = new WebSeedRequest(_seed.UrlOf(_metainfo, part.File), part.Range, _metainfo.Files[part.File].Length, content.IsHttpsOnly);
        var fetch = await _access.FetchAsync(request, _closing.Token);
        if (fetch.Body is { } body && content.Origins.Include(fetch.FinalUrl))
        {
            body.Abort();
            return new FetchError(FetchFailure.Refused, "it leads to the origin itself");
        }

        return fetch;
    }

    /// <summary>The first block is read in any case: it may be the sign of life of a slow server, and closes no connection for nothing.</summary>
    private bool IsWorthIt(WebSeedRun run)
    {
        lock (_gate)
        {
            return !_ended && (run.IsWanted || run.Delivered == 0);
        }
    }

    // --- Bytes

    /// <summary>The block that fills.</summary>
    private sealed class Assembly(int block)
    {
        public int Number = block;
        public BlockBuffer? Block;
        public int Bytes;
    }

    private async ValueTask TakeAsync(WebSeedRun run, Assembly assembly, ReadOnlyMemory<byte> bytes, FileContent content)
    {
        while (!bytes.IsEmpty)
        {
            assembly.Block ??= await RentAsync();
            var whole = _loop.Layout.BlockBytes(assembly.Number);
            var n = Math.Min(bytes.Length, whole - assembly.Bytes);
            bytes.Span[..n].CopyTo(assembly.Block.Span[assembly.Bytes..]);
            assembly.Bytes += n;
            bytes = bytes[n..];
            if (assembly.Bytes == whole)
            {
                Deliver(run, assembly, content);
            }
        }

        if (assembly.Bytes > 0)
        {
            _loop.Post(EventKind.Progress, Id, assembly.Number, assembly.Bytes);
        }
    }

    private void Deliver(WebSeedRun run, Assembly assembly, FileContent content)
    {
        var (block, buffer, bytes) = (assembly.Number, assembly.Block!, assembly.Bytes);
        (assembly.Number, assembly.Block, assembly.Bytes) = (block + 1, null, 0);
        lock (_gate)
        {
            run.Delivered++;
            run.Drop(block);
        }

        var fileBlock = block - _loop.Layout.Files[_loop.Layout.FileOf(block)].FirstBlock;
        content.CompletePeer(fileBlock, buffer, bytes, Id, MerkleTree.Leaf(buffer.Span[..bytes]));
    }

    /// <summary>Memory full is back-pressure on the server.</summary>
    private async ValueTask<BlockBuffer> RentAsync()
    {
        while (true)
        {
            if (_context.Pool.TryRent() is { } buffer)
            {
                return buffer;
            }

            _context.RelieveMemory();
            await Task.Delay(TimeSpan.FromMilliseconds(20), _context.Time, _closing.Token);
        }
    }

    // --- Trouble

    private void Fail(WebSeedRun run, FetchError error)
    {
        if (error.MayRetry || error.Failure == FetchFailure.Refused || run.FailedFile < 0)
        {
            End(error);
            return;
        }

        // BEP 19: a server may lack files. One that is not there, or is another, is not asked for again.
        var range = _metainfo.Files[run.FailedFile].Range;
        Lack(PieceLayout.BlocksOver(range), run);
        bool gone;
        lock (_gate)
        {
            _lacks[run.FailedFile] = true;
            gone = !_metainfo.Files.Where((f, i) => f.Length > 0 && _seed.Has(i) && !_lacks[i]).Any();
        }

        if (gone)
        {
            End(error);
        }
    }

    /// <summary>These blocks are not to be had here: neither the run's nor what waits.</summary>
    private void Lack(BlockRun blocks, WebSeedRun run)
    {
        _loop.Post(EventKind.SourceLacks, Id, blocks.First, blocks.Count);
        _loop.Post(EventKind.Rejected, Id, run.Blocks.First, run.Blocks.Count);
        lock (_gate)
        {
            for (var block = blocks.First; block < blocks.End; block++)
            {
                if (_waiting.Remove(block))
                {
                    _loop.Post(EventKind.Rejected, Id, block, 1);
                }
            }
        }
    }

    private void End(FetchError? why)
    {
        List<IOriginBody> bodies;
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
            _waiting.Clear();
            bodies = [.. _runs.Select(r => r.Body).OfType<IOriginBody>()];
        }

        _closing.Cancel(); // never disposed: runs that end later still look at its token
        bodies.ForEach(body => body.Abort());
        Record.Connected = false;
        _loop.Leave(Id);
        _onEnded(this, why);
    }
}

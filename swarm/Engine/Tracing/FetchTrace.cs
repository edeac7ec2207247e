using System.Diagnostics;
using System.Net;
using Swarm.Core;
using Swarm.Engine.Receipts;

namespace Swarm.Engine.Tracing;

/// <summary>
/// Turns a loop's decisions and events into spans: a <c>fetch</c> from asking a source for a run of blocks until each of them is verified,
/// refused or taken back, with <c>verify</c> in it from the first block's arrival on. It watches and decides nothing. On the loop's thread.
/// </summary>
/// <remarks>The origin's runs have their spans where they are: <see cref="OriginSource"/>.</remarks>
internal sealed class FetchTrace(EngineContext context)
{
    private readonly Dictionary<(int Source, int Block), Fetch> _open = [];

    /// <summary>Blocks asked for whose spans are open.</summary>
    public int OpenBlocks => _open.Count;

    /// <summary>A run is asked of a source. Before the source hears of it, so that no answer is earlier.</summary>
    public void OnRequest(in Decision d, IBlockSource source, FileContent? content, int fileBlock)
    {
        if (!SwarmTrace.Source.HasListeners() || source.Kind == SourceKind.Origin || content is null
            || ReaderOf(content, fileBlock, d.Count) is not { } reader || !reader.MayTraceFetch())
        {
            return;
        }

        var span = SwarmTrace.Source.StartActivity("fetch", ActivityKind.Client, reader.Trace);
        Activity.Current = null; // spans of this thread overlap and are nobody's parents by themselves
        if (span is null)
        {
            return;
        }

        span.SetTag("swarm.source", source.Kind.Label());
        span.SetTag("swarm.block.first", fileBlock);
        span.SetTag("swarm.block.count", d.Count);
        if (d.At != Instant.Never)
        {
            span.SetTag("swarm.deadline_ms", (d.At - context.Now) / 1_000);
        }

        _ = IPEndPoint.TryParse(source.Address, out var remote);
        span.SetSocket(source.LocalEndPoint, remote);
        if (remote is null)
        {
            span.SetTag("server.address", source.Address);
        }

        var fetch = new Fetch(span, reader.Id, d.Count);
        for (var block = d.Run.First; block < d.Run.End; block++)
        {
            End((d.Source, block), "asked again");
            _open[(d.Source, block)] = fetch;
        }
    }

    /// <summary>A run is taken back.</summary>
    public void OnCancel(in Decision d)
    {
        for (var block = d.Run.First; _open.Count > 0 && block < d.Run.End; block++)
        {
            End((d.Source, block), "cancelled");
        }
    }

    public void OnEvent(in SwarmEvent e)
    {
        if (_open.Count == 0)
        {
            return;
        }

        switch (e.Kind)
        {
            case EventKind.Arrived when _open.TryGetValue((e.Id, e.A), out var fetch):
                fetch.Arrived(TimeOf(e.At));
                break;
            case EventKind.Admitted:
                for (var block = e.A; block < e.A + Math.Max(1, e.B); block++)
                {
                    End((e.Id, block), null, TimeOf(e.At));
                }

                break;
            case EventKind.Corrupt:
                End((e.Id, e.A), "wrong bytes");
                break;
            case EventKind.Rejected:
                for (var block = e.A; block < e.A + e.B; block++)
                {
                    End((e.Id, block), "refused");
                }

                break;
            case EventKind.Choked when e.C == 1:
            case EventKind.SourceLeft:
                var id = e.Id;
                EndAll((key, _) => key.Source == id, e.Kind == EventKind.Choked ? "choked" : "connection closed");
                break;
            case EventKind.ReaderClosed:
                var reader = e.Id;
                EndAll((_, fetch) => fetch.Reader == reader, "reader closed");
                break;
        }
    }

    public void Close() => EndAll((_, _) => true, "swarm closed");

    /// <summary>The traced reader that comes to the run first; null where none needs it: what is fetched ahead for nobody is nobody's trace.</summary>
    private static ResourceReader? ReaderOf(FileContent content, int first, int count)
    {
        ResourceReader? nearest = null;
        foreach (var reader in content.Readers)
        {
            if (reader.Trace != default && (reader.Needs(first) || reader.Needs(first + count - 1)) && (nearest is null || reader.Position > nearest.Position))
            {
                nearest = reader;
            }
        }

        return nearest;
    }

    private DateTime TimeOf(Instant at) => DateTime.UtcNow - TimeSpan.FromMicroseconds(context.Now - at);

    private void EndAll(Func<(int Source, int Block), Fetch, bool> ended, string reason)
    {
        foreach (var (key, fetch) in _open)
        {
            if (ended(key, fetch))
            {
                End(key, reason);
            }
        }
    }

    private void End((int Source, int Block) key, string? reason, DateTime at = default)
    {
        if (_open.Remove(key, out var fetch))
        {
            fetch.End(reason, at);
            Activity.Current = null;
        }
    }

    /// <summary>One run asked of one source.</summary>
    private sealed class Fetch(Activity span, int reader, int blocks)
    {
        private Activity? _verify;
        private int _left = blocks;
        private int _verified;

        public int Reader => reader;

        public void Arrived(DateTime at)
        {
            if (_verify is null)
            {
                _verify = SwarmTrace.Source.StartActivity("verify", ActivityKind.Internal, span.Context, startTime: at);
                Activity.Current = null;
            }
        }

        /// <param name="reason">Why a block of it did not come; null for one that is verified.</param>
        public void End(string? reason, DateTime at)
        {
            if (reason is null)
            {
                _verified++;
            }
            else
            {
                span.SetTag("swarm.fetch.lost", reason);
            }

            if (--_left > 0)
            {
                return;
            }

            span.SetTag("swarm.block.verified", _verified);
            if (_verify is not null && at != default && at >= _verify.StartTimeUtc)
            {
                _verify.SetEndTime(at);
            }

            _verify?.Dispose();
            if (reason == "wrong bytes")
            {
                span.SetStatus(ActivityStatusCode.Error, reason);
            }

            span.Dispose();
        }
    }
}

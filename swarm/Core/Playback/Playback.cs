namespace Swarm.Core;

/// <summary>
/// Reducer of the reader events: who wants which blocks, by when. A reader starts as a probe, becomes play when it consumes and
/// bulk when it always waits and takes all it gets; back to play when it is seen full twice.
/// </summary>
internal static class Playback
{
    private const int Block = PieceLayout.BlockSize;

    /// <summary>A client that took less has not shown that it plays: many open a range and close it at once.</summary>
    private const long ProbeBytes = 256 << 10;

    private const long ProbeWindowBytes = 1 << 20;

    /// <summary>Always waiting for this long and this much makes a watched reader bulk.</summary>
    private const long BulkAfterMicros = 3_000_000;

    private const long BulkAfterBytes = 4 << 20;

    /// <summary>Two sights of a full client nearer to each other tell no rate.</summary>
    private const long RateGapMicros = 200_000;

    /// <summary>How long a player's word about its playhead holds: it comes each second while it plays.</summary>
    private const long ToldMicros = 3_000_000;

    /// <summary>A player is believed to have this much buffered at most: one that claims more only harms itself, and not for long.</summary>
    private const long ToldSlackMicros = 30_000_000;

    /// <summary>A rate that no player plays at: 8 Gbit/s. What a window then asks for is bounded by the memory's grant anyway.</summary>
    private const long ToldBytesPerSecondMax = 1_000_000_000;

    /// <summary>How far a client that is not reading is believed to be from needing its next byte.</summary>
    private const long PausedMicros = 2_000_000;

    public static void Opened(SwarmTables t, in SwarmEvent e)
    {
        Closed(t, e.Id);
        var start = Math.Max(0, e.B);
        var file = start / Block < t.Layout.BlockCount ? t.Layout.FileOf((int)(start / Block)) : -1;
        if (file < 0)
        {
            return;
        }

        var end = Math.Min(e.C, t.Layout.Files[file].ContentOffset + t.Layout.Files[file].Length);
        if (start >= end)
        {
            return;
        }

        var hint = (ReaderHint)e.A;
        t.Readers.Add(new Reader
        {
            Id = e.Id,
            File = file,
            Class = (int)(hint switch { ReaderHint.Play => ReaderClass.Play, ReaderHint.Bulk => ReaderClass.Bulk, _ => ReaderClass.Probe }),
            Watched = hint is ReaderHint.Play or ReaderHint.Bulk ? 0 : 1,
            Waiting = 1,
            StartByte = start,
            EndByte = end,
            PositionByte = start,
            OpenedAtMicros = t.Now,
            WaitingSinceMicros = t.Now,
            AdvancedAtMicros = t.Now,
            BytesPerSecond = t.Readers.KnownRate(file),
            NeedBlock = (int)(start / Block),
            EndBlock = (int)((end + Block - 1) / Block),
        });
        RefreshAll(t);
    }

    public static void Advanced(SwarmTables t, in SwarmEvent e)
    {
        var i = t.Readers.IndexOf(e.Id);
        if (i < 0)
        {
            return;
        }

        ref var reader = ref t.Readers[i];
        var position = Math.Clamp(e.B, reader.PositionByte, reader.EndByte);
        if (position > reader.PositionByte)
        {
            reader.PositionByte = position;
            reader.AdvancedAtMicros = t.Now;
        }

        var waits = e.C != 0;
        if (waits && !reader.IsWaiting)
        {
            reader.WaitingSinceMicros = t.Now;
        }

        reader.Waiting = waits ? 1 : 0;
        Classify(t, ref reader);
        Refresh(t, ref reader);
    }

    /// <summary>The player says how much it has buffered. What it reads is a film, however fast it fills its buffer.</summary>
    public static void Told(SwarmTables t, in SwarmEvent e)
    {
        var i = t.Readers.IndexOf(e.Id);
        if (i < 0)
        {
            return;
        }

        ref var reader = ref t.Readers[i];
        reader.ToldUntilMicros = t.Now + ToldMicros;
        reader.ToldDueMicros = t.Now + Math.Clamp(e.B, 0, ToldSlackMicros);
        reader.ToldBytesPerSecond = Math.Clamp(e.C, 0, ToldBytesPerSecondMax);
        if (reader.Watched != 0)
        {
            reader.Class = (int)ReaderClass.Play;
        }

        Refresh(t, ref reader);
    }

    public static void Closed(SwarmTables t, int id)
    {
        var i = t.Readers.IndexOf(id);
        if (i >= 0)
        {
            t.Readers.RemoveAt(i);
            RefreshAll(t);
        }
    }

    public static void RefreshAll(SwarmTables t)
    {
        foreach (ref var reader in t.Readers.All)
        {
            Refresh(t, ref reader);
        }
    }

    /// <summary>Recomputes what a reader needs and how far its windows reach. Constant time, but for the admitted blocks it steps over once.</summary>
    public static void Refresh(SwarmTables t, ref Reader reader)
    {
        var head = reader.HeadBlock;
        reader.NeedBlock = Math.Max(reader.NeedBlock, head);
        var limit = reader.EndBlock;
        if (reader.Kind == ReaderClass.Play)
        {
            var file = t.Layout.Files[reader.File];
            limit = file.FirstBlock + file.BlockCount;
        }

        reader.NeedBlock = t.Blocks.Have.NextClear(reader.NeedBlock, limit);
        var rate = Rate(t, reader);
        var grant = t.MemoryWindowBytes / Math.Max(1, t.Readers.Count);
        var pipe = t.CapacityBytesPerSecond / 2; // half a second of everyone: less would leave the fast ones idle
        var window = reader.Kind switch
        {
            ReaderClass.Bulk => grant,
            ReaderClass.Play => Math.Max(Math.Max(rate * t.Options.PrefetchMicros / 1_000_000, 2 * pipe), ProbeWindowBytes),
            _ => Math.Max(Math.Max(2 * (reader.PositionByte - reader.StartByte), pipe), ProbeWindowBytes),
        };
        var urgent = Math.Max(rate * t.Options.UrgentMicros / 1_000_000, 4 * Block);
        var end = head + Blocks(Math.Min(window, grant));

        // A window that the whole grant of a tiny node does not open still moves block by block.
        reader.WindowEnd = Math.Min(limit, Math.Max(end, reader.NeedBlock + 1));
        reader.UrgentEnd = Math.Min(reader.WindowEnd, head + Blocks(urgent));
        reader.WindowStart = reader.NeedBlock;
        var perPiece = t.Layout.BlocksPerPiece;
        if (reader.NeedBlock < limit && t.Hashes.Whole[reader.NeedBlock / perPiece])
        {
            reader.WindowStart = reader.NeedBlock / perPiece * perPiece;
        }

        // Half a piece that verifies whole is worth nothing: the window ends behind it, even past the range.
        if (reader.NeedBlock < limit && t.Hashes.Whole[(reader.WindowEnd - 1) / perPiece])
        {
            reader.WindowEnd = Math.Min((((reader.WindowEnd - 1) / perPiece) + 1) * perPiece, t.Layout.Files[reader.File].Blocks.End);
        }
    }

    public static long Rate(SwarmTables t, in Reader reader) =>
        reader.BytesPerSecond > 0 ? reader.BytesPerSecond
        : reader.ToldBytesPerSecond > 0 && reader.IsTold(t.Now) ? reader.ToldBytesPerSecond
        : t.Options.PriorPlayBytesPerSecond;

    /// <summary>
    /// When the reader needs the block. Bulk readers have an order, no deadline: they are placed behind what is urgent, as if they
    /// consumed what the sources deliver, shared among them.
    /// </summary>
    public static long Deadline(SwarmTables t, in Reader reader, int block)
    {
        var bytes = Math.Max(0, ((long)block * Block) - reader.PositionByte);
        if (reader.Kind == ReaderClass.Bulk)
        {
            var pace = Math.Max(t.CapacityBytesPerSecond, t.Options.PriorPlayBytesPerSecond);
            return t.Now + t.Options.UrgentMicros + (bytes * 1_000_000 / pace);
        }

        if (t.Hashes.Whole[block / t.Layout.BlocksPerPiece])
        {
            // A piece that verifies whole has one deadline: that of its first needed byte.
            var pieceStart = (long)(block / t.Layout.BlocksPerPiece) * t.Layout.PieceLength;
            bytes = Math.Max(0, pieceStart - reader.PositionByte);
        }

        var start = reader.IsTold(t.Now) ? Math.Max(t.Now, reader.ToldDueMicros)
            : reader.IsWaiting ? t.Now : t.Now + Math.Min(PausedMicros, t.Now - reader.AdvancedAtMicros);
        return start + (bytes * 1_000_000 / Rate(t, reader));
    }

    /// <summary>The earliest deadline any reader has for the block; <see cref="Instant.Never"/> if no one wants it.</summary>
    public static long EarliestDeadline(SwarmTables t, int block)
    {
        var best = Instant.Never.Micros;
        foreach (ref readonly var reader in t.Readers.All)
        {
            if (block >= reader.WindowStart && block < Math.Max(reader.WindowEnd, reader.EndBlock))
            {
                best = Math.Min(best, Deadline(t, reader, block));
            }
        }

        return best;
    }

    public static bool IsWanted(SwarmTables t, int block)
    {
        foreach (ref readonly var reader in t.Readers.All)
        {
            if (block >= reader.WindowStart && block < reader.WindowEnd)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>First block in from ≤ block &lt; end that is open, unclaimed, verifiable and served by the source, or -1.</summary>
    public static int NextServable(SwarmTables t, int slot, int from, int end)
    {
        var source = t.Sources[slot]!;
        if (source.Serves is not { } serves)
        {
            return -1;
        }

        while (from < end)
        {
            var block = t.Blocks.Open.NextSet(from, end, serves, source.Avoid);
            if (block < 0)
            {
                return -1;
            }

            var next = t.Runs.SkipClaims(block);
            if (next == block && source.Has[block])
            {
                next = HashReducer.SkipUnverifiable(t, block, end);
                if (next == block && !t.Trials.Allows(block / t.Layout.BlocksPerPiece, source.Id))
                {
                    next = ((block / t.Layout.BlocksPerPiece) + 1) * t.Layout.BlocksPerPiece;
                }

                if (next == block)
                {
                    return block;
                }
            }

            from = Math.Max(next, block + 1);
        }

        return -1;
    }

    /// <summary>Last such block, or -1.</summary>
    public static int LastServable(SwarmTables t, int slot, int from, int end)
    {
        var source = t.Sources[slot]!;
        if (source.Serves is not { } serves)
        {
            return -1;
        }

        while (from < end)
        {
            var block = t.Blocks.Open.LastSet(from, end, serves, source.Avoid);
            if (block < 0)
            {
                return -1;
            }

            if (source.Has[block] && t.Runs.SkipClaims(block) == block && HashReducer.SkipUnverifiable(t, block, block + 1) == block
                && t.Trials.Allows(block / t.Layout.BlocksPerPiece, source.Id))
            {
                return block;
            }

            end = block;
        }

        return -1;
    }

    /// <summary>A block was lost or failed: readers that had stepped over it need it again.</summary>
    public static void StepBack(SwarmTables t, int block)
    {
        foreach (ref var reader in t.Readers.All)
        {
            if (block < reader.NeedBlock && block >= reader.HeadBlock)
            {
                reader.NeedBlock = block;
                Refresh(t, ref reader);
            }
        }
    }

    private static int Blocks(long bytes) => (int)Math.Min(int.MaxValue / 4, (bytes + Block - 1) / Block);

    private static void Classify(SwarmTables t, ref Reader reader)
    {
        if (!reader.IsWaiting)
        {
            var gap = t.Now - reader.FullAtMicros;
            if (reader.FullAtMicros > 0 && gap >= RateGapMicros)
            {
                Sample(ref reader, gap);
            }

            if (reader.FullAtMicros == 0 || gap >= RateGapMicros)
            {
                reader.FullAtMicros = Math.Max(1, t.Now);
                reader.FullAtByte = reader.PositionByte;
            }
        }

        if (reader.Watched == 0)
        {
            return;
        }

        var since = Math.Max(reader.OpenedAtMicros, reader.FullAtMicros);
        var taken = reader.PositionByte - Math.Max(reader.StartByte, reader.FullAtByte);
        if (reader.Kind == ReaderClass.Probe && reader.PositionByte - reader.StartByte >= ProbeBytes)
        {
            reader.Class = (int)ReaderClass.Play;
        }
        else if (reader.Kind == ReaderClass.Play && !reader.IsTold(t.Now) && t.Now - since >= BulkAfterMicros && taken >= BulkAfterBytes)
        {
            reader.Class = (int)ReaderClass.Bulk;
            reader.RateSamples = 0;
        }
        else if (reader.Kind == ReaderClass.Bulk && reader.RateSamples >= 2)
        {
            reader.Class = (int)ReaderClass.Play;
        }
    }

    private static void Sample(ref Reader reader, long gapMicros)
    {
        var rate = (reader.PositionByte - reader.FullAtByte) * 1_000_000 / gapMicros;
        if (rate <= 0)
        {
            return;
        }

        // Longer gaps weigh more; half a measurement at most, so that a pause does not become the rate.
        var weight = Math.Min(gapMicros, 2_000_000) / 4000;
        reader.BytesPerSecond = reader.RateSamples == 0 ? rate : reader.BytesPerSecond + ((rate - reader.BytesPerSecond) * weight / 1000);
        reader.RateSamples = Math.Min(reader.RateSamples + 1, 1000);
    }
}

using System.Buffers;

namespace Swarm.Core;

/// <summary>
/// The pure scheduler of one swarm: <see cref="Step"/> takes what happened and appends what should be done. No clock, no IO, no
/// threads; the same layout, seed, options and events give the same decisions on every machine. Owned by one thread.
/// What it expects of the shell is in this folder's README.
/// </summary>
public sealed class SwarmState : IEquatable<SwarmState>
{
    /// <summary>First word of a saved state; changes with its form.</summary>
    private const ulong Form = 0x5357_4152_4D53_0005;

    private readonly SwarmTables _t;
    private readonly ulong _seed;

    /// <param name="layout">The files in one block space.</param>
    /// <param name="seed">All randomness derives from it.</param>
    /// <param name="options">Fixed for the life of the state.</param>
    /// <param name="predictor">An untaught predictor that this state owns from now on; null for <see cref="EwmaPredictor"/>.</param>
    /// <param name="policy">Null to find <see cref="SchedulerOptions.Policy"/> by name; given only by experiments.</param>
    public SwarmState(
        ContentLayout layout, ulong seed, SchedulerOptions? options = null, ITransferPredictor? predictor = null, ISchedulingPolicy? policy = null)
    {
        options ??= SchedulerOptions.Default;
        _seed = seed;
        _t = new(layout, seed, options, predictor ?? new EwmaPredictor(), policy ?? SchedulingPolicies.Find(options.Policy));
    }

    /// <summary>True if the block is admitted.</summary>
    public bool Has(int block) => _t.Blocks.Have[block];

    /// <summary>Applies one event. Appends to <paramref name="decisions"/>; clears nothing.</summary>
    public void Step(in SwarmEvent e, DecisionBuffer decisions)
    {
        _t.Begin(e.At.Micros, decisions);
        Dispatch(e);
        Ticks.Arm(_t);
        _t.End();
    }

    /// <summary>A number that equal states share and unequal ones do not (64 bits, not cryptographic).</summary>
    public ulong Digest()
    {
        var image = Image();
        ulong digest = (ulong)image.Length;
        var words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(image);
        foreach (var word in words)
        {
            digest = SplitMix64.Mix((digest ^ word) + 0x9E3779B97F4A7C15);
        }

        foreach (var b in image[(words.Length * 8)..])
        {
            digest = SplitMix64.Mix((digest ^ b) + 0x9E3779B97F4A7C15);
        }

        return digest;
    }

    /// <summary>An independent copy: planners and tests explore it without committing.</summary>
    public SwarmState Fork()
    {
        var fork = new SwarmState(_t.Layout, _seed, _t.Options, _t.Predictor.Fresh(), _t.Policy);
        fork.ReadFrom(Image());
        return fork;
    }

    /// <summary>Writes the whole state, for a log that starts in the middle. Layout and options are the reader's to know.</summary>
    public void WriteTo(IBufferWriter<byte> writer)
    {
        var codec = new StateCodec(writer);
        var form = Form;
        codec.Value(ref form);
        _t.Exchange(ref codec);
        var learned = new ArrayBufferWriter<byte>();
        _t.Predictor.WriteTo(learned);
        var bytes = learned.WrittenSpan.ToArray();
        codec.Blob(ref bytes);
    }

    /// <summary>Becomes the written state.</summary>
    /// <exception cref="InvalidDataException">Not a state of this layout and version.</exception>
    public void ReadFrom(ReadOnlySpan<byte> source)
    {
        var codec = new StateCodec(source);
        ulong form = 0;
        codec.Value(ref form);
        if (form != Form)
        {
            throw new InvalidDataException($"a saved state starts with {form:x16}, not {Form:x16}");
        }

        _t.Exchange(ref codec);
        byte[] bytes = [];
        codec.Blob(ref bytes);
        _t.Predictor.ReadFrom(bytes);
        if (!codec.AtEnd)
        {
            throw new InvalidDataException("a saved state is longer than its layout");
        }
    }

    public bool Equals(SwarmState? other) => other is not null && Image().SequenceEqual(other.Image());

    public override bool Equals(object? obj) => Equals(obj as SwarmState);

    public override int GetHashCode() => (int)Digest();

    private ReadOnlySpan<byte> Image()
    {
        var writer = new ArrayBufferWriter<byte>();
        WriteTo(writer);
        return writer.WrittenSpan;
    }

    private void Dispatch(in SwarmEvent e)
    {
        switch (e.Kind)
        {
            case EventKind.Wake:
                Ticks.Tick(_t);
                return;
            case EventKind.ReaderOpened:
                Playback.Opened(_t, e);
                Ticks.ReadersMoved(_t);
                return;
            case EventKind.ReaderAdvanced:
                Playback.Advanced(_t, e);
                Ticks.ReaderAdvanced(_t);
                return;
            case EventKind.PlayheadTold:
                Playback.Told(_t, e);
                Ticks.ReaderAdvanced(_t);
                return;
            case EventKind.ReaderClosed:
                Playback.Closed(_t, e.Id);
                OriginReducer.DropUnwanted(_t);
                Ticks.ReadersMoved(_t);
                return;
            case EventKind.SourceJoined:
                Availability.Joined(_t, e);
                return;
            case EventKind.Admitted:
                Arrivals.Admitted(_t, e);
                Ticks.Admitted(_t, e);
                return;
            case EventKind.Corrupt:
                Arrivals.Corrupt(_t, e);
                Ticks.SourcesChanged(_t);
                return;
            case EventKind.Lost:
                Arrivals.Lost(_t, e);
                Ticks.SourcesChanged(_t);
                return;
            case EventKind.HashesKnown:
                HashReducer.Known(_t, e);
                Assign.FillAll(_t);
                return;
            case EventKind.Grant:
                Grants.Apply(_t, e);
                Ticks.SourcesChanged(_t);
                return;
            case EventKind.OriginHeld:
                _t.OriginHeldUntilMicros = e.B;
                OriginReducer.Evaluate(_t);
                return;
            case EventKind.CrowdKey:
                Crowd.Keyed(_t, e);
                Ticks.SourcesChanged(_t);
                return;
            case EventKind.UploadBacklog:
                _t.Crowd.BacklogMicros = Math.Max(0, e.B);
                return;
            case EventKind.TcpFound:
                return;
            case EventKind.ViewersExpected:
                _t.Crowd.ExpectedUntilMicros = e.B;
                Ticks.SourcesChanged(_t);
                return;
            default:
                if (_t.Sources.SlotOf(e.Id) is >= 0 and var slot)
                {
                    DispatchSource(slot, e);
                }

                return;
        }
    }

    private void DispatchSource(int slot, in SwarmEvent e)
    {
        switch (e.Kind)
        {
            case EventKind.Progress:
                Arrivals.Progress(_t, slot, e);
                return;
            case EventKind.Arrived:
                Arrivals.Arrived(_t, slot, e);
                Assign.Fill(_t, slot);
                return;
            case EventKind.Rejected:
                Availability.Rejected(_t, slot, e);
                Assign.FillAll(_t);
                return;
            case EventKind.RunStarted:
                OriginReducer.Started(_t, slot, e);
                return;
            case EventKind.RunEnded:
                OriginReducer.Ended(_t, slot, e);
                Assign.FillAll(_t);
                return;
            case EventKind.Claimed:
                Crowd.Claimed(_t, slot, e);
                return;
            case EventKind.HashesRefused:
                HashReducer.Refused(_t, slot, e);
                return;
            case EventKind.SourceLeft:
                Availability.Left(_t, slot);
                break;
            case EventKind.SourceHas:
                Availability.Has(_t, slot, e, has: true);
                break;
            case EventKind.SourceLacks:
                Availability.Has(_t, slot, e, has: false);
                break;
            case EventKind.Unchoked:
                Availability.Unchoked(_t, slot);
                break;
            case EventKind.Choked:
                Availability.Choked(_t, slot, e.C != 0);
                break;
            case EventKind.AllowedFast:
                Availability.AllowedFast(_t, slot, e);
                break;
            default:
                return;
        }

        Ticks.SourcesChanged(_t);
    }
}

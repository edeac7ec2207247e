namespace Swarm.Simulation;

/// <summary>
/// The line of one node in a crowd: an uplink whose modem keeps at most 100 ms queued, half a round trip to the middle, a downlink. TCP
/// is its slow start and its window: 1 block at first, 1 more for each acknowledged, 64 at most. Control waits behind what the modem holds.
/// </summary>
internal sealed class CrowdLine(EventQueue queue, double upMbit, double downMbit, long rttMicros)
{
    private const long ModemMicros = 100_000;
    private const int MaxWindow = 64;
    private readonly Dictionary<int, Flow> _flows = [];
    private double _upFree;
    private double _downFree;
    private bool _kicked;

    /// <summary>Who is to be sent to next; called while the modem has room. False for nobody.</summary>
    public Func<bool> SendNext { get; set; } = () => false;

    public bool IsDead { get; set; }

    public double UpBytesPerMicro { get; } = upMbit * CrowdScenario.Payload / 8;

    public long RttMicros => rttMicros;

    public long BacklogMicros => (long)Math.Max(0, _upFree - queue.NowMicros);

    public long DelayTo(CrowdLine other) => (rttMicros + other.RttMicros) / 2;

    public bool MaySendTo(int node) => FlowTo(node) is var f && f.InFlight < f.Window;

    public void ResetFlow(int node) => _flows.Remove(node);

    /// <summary>A message of no size.</summary>
    public void Tell(CrowdLine to, Action arrived)
    {
        if (!IsDead)
        {
            queue.After(DelayTo(to) + BacklogMicros, () =>
            {
                if (!to.IsDead)
                {
                    arrived();
                }
            });
        }
    }

    public void Send(CrowdLine to, int node, int bytes, Action arrived)
    {
        var flow = FlowTo(node);
        flow.InFlight++;
        _upFree = Math.Max(_upFree, queue.NowMicros) + (bytes / UpBytesPerMicro);
        queue.At((long)_upFree + DelayTo(to), () =>
        {
            to._downFree = Math.Max(to._downFree, queue.NowMicros) + (bytes / (downMbit * CrowdScenario.Payload / 8));
            queue.At((long)to._downFree, () =>
            {
                queue.After(DelayTo(to), () =>
                {
                    flow.InFlight--;
                    flow.Window = Math.Min(MaxWindow, flow.Window + 1);
                    Kick();
                });
                if (!to.IsDead)
                {
                    arrived();
                }
            });
        });
    }

    public void Kick()
    {
        if (_kicked || IsDead)
        {
            return;
        }

        _kicked = true;
        queue.At((long)_upFree - ModemMicros, () =>
        {
            _kicked = false;
            if (!IsDead && SendNext())
            {
                Kick();
            }
        });
    }

    private Flow FlowTo(int node)
    {
        if (!_flows.TryGetValue(node, out var flow))
        {
            _flows[node] = flow = new();
        }

        return flow;
    }

    private sealed class Flow
    {
        public int InFlight { get; set; }

        public int Window { get; set; } = 1;
    }
}

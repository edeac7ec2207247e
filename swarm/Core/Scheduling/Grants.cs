namespace Swarm.Core;

/// <summary>Reducer of what the Governor shares out.</summary>
internal static class Grants
{
    public static void Apply(SwarmTables t, in SwarmEvent e)
    {
        switch ((GrantKind)e.A)
        {
            case GrantKind.MemoryWindowBytes:
                t.MemoryWindowBytes = Math.Max(PieceLayout.BlockSize, e.B);
                Playback.RefreshAll(t);
                break;
            case GrantKind.OriginRuns:
                t.OriginRunsAllowed = (int)Math.Clamp(e.B, 0, int.MaxValue);
                break;
            case GrantKind.HedgeBytes:
                t.HedgeTokensBytes = Math.Max(0, t.HedgeTokensBytes + Math.Clamp(e.B, -(1L << 40), 1L << 40));
                break;
            default:
                break;
        }
    }
}

using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>The FIN takes one sequence number, and the kernel counts it as received and as waiting; it is no payload.</summary>
internal static class Fin
{
    public static void Uncount(ref SocketSample sample)
    {
        if (sample.State is not (TcpState.CloseWait or TcpState.LastAck or TcpState.Closing))
        {
            return;
        }

        sample.PayloadBytes = Math.Max(0, sample.PayloadBytes - 1);
        sample.BytesReceived = sample.BytesReceived == 0 ? 0 : sample.BytesReceived - 1;
    }
}

namespace Swarm.Diagnostics.Analysis;

/// <summary>One verdict about a connection: a question to its track, and the finding when the answer stays yes.</summary>
public interface ISocketRule
{
    Verdict Verdict { get; }

    /// <summary>In how many samples running the answer must be yes: one reading may catch a connection in mid-step.</summary>
    int SamplesToRaise { get; }

    /// <summary>How long the verdict stays after the last yes, beside the samples that every verdict takes to end.</summary>
    long KeepMicros => 0;

    bool Holds(SocketTrack socket, HostTrack host);

    Finding Report(SocketTrack socket, HostTrack host);
}

namespace Swarm.Diagnostics.Analysis;

/// <summary>Which connection a sample is of. The kernel's cookie alone would do; the ends are in it because text may lack the cookie, and a recording may repeat it.</summary>
public readonly record struct SocketKey(ulong Cookie, SocketEnd Local, SocketEnd Remote)
{
    /// <summary>A live kernel never repeats a cookie, so that alone scatters well, and costs a tenth of the ends' addresses.</summary>
    public override int GetHashCode() => Cookie != 0 ? Cookie.GetHashCode() : HashCode.Combine(Local, Remote);
}

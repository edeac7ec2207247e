namespace Swarm.Engine;

/// <summary>How many peers are served at once: enough that a few slow ones do not leave the uplink idle, few enough that each gets a usable rate.</summary>
public static class UploadSlots
{
    /// <summary>Where the uplink is not known. libtorrent's default is 8; viewers of one film are served side by side.</summary>
    public const int Unknown = 12;

    /// <summary>libtorrent's default; and a viewer in a crowd that is choked by one of five others lacks a fifth of what they fetched (tests/Lab, flash-crowd).</summary>
    private const int Min = 8;
    private const int Max = 32;

    /// <summary>One slot for each 256 KiB/s: a film of 2 Mbit/s each.</summary>
    private const long BytesPerSlot = 256 << 10;

    /// <param name="bytesPerSecond">What may be sent; null without a limit.</param>
    public static int For(long? bytesPerSecond) => bytesPerSecond is { } rate ? (int)Math.Clamp(rate / BytesPerSlot, Min, Max) : Unknown;
}

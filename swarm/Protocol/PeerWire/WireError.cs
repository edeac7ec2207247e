using System.Globalization;

namespace Swarm.Protocol;

/// <summary>The ways in which a peer can break the protocol.</summary>
public enum WireFault : byte
{
    None = 0,

    /// <summary>A message is longer or shorter than its kind can be.</summary>
    BadLength,

    /// <summary>A bit past the last piece is set in a bitfield.</summary>
    SpareBitsSet,

    /// <summary>A piece number past the end of the torrent.</summary>
    PieceOutOfRange,

    /// <summary>Fields that no valid message has, alone or together.</summary>
    BadField,

    /// <summary>BITFIELD, HAVE_ALL or HAVE_NONE a second time or after another message (BEP 3, BEP 6).</summary>
    LateAvailability,

    /// <summary>A fast extension message though it was not negotiated (BEP 6: close).</summary>
    NotNegotiated,

    /// <summary>A hash message on a connection that is not v2 (BEP 52).</summary>
    NotV2,

    /// <summary>The dictionary of an extension handshake is not bencoded (BEP 10).</summary>
    BadBencoding,
}

/// <summary>What was wrong with a message, as a value: nothing is allocated until somebody prints it.</summary>
/// <param name="Fault">The rule that was broken.</param>
/// <param name="Message">The kind of message.</param>
/// <param name="Value">What came.</param>
/// <param name="Limit">What was allowed, where that is a number.</param>
public readonly record struct WireError(WireFault Fault, MessageId Message, long Value = 0, long Limit = 0)
{
    public override string ToString() => Fault switch
    {
        WireFault.None => "no error",
        WireFault.BadLength => string.Create(CultureInfo.InvariantCulture, $"{Name} of {Value} bytes, allowed {Limit}"),
        WireFault.SpareBitsSet => $"{Name} with spare bits set",
        WireFault.PieceOutOfRange => string.Create(CultureInfo.InvariantCulture, $"{Name} for piece {Value} of {Limit}"),
        WireFault.BadField => $"{Name} with fields that do not fit together",
        WireFault.LateAvailability => $"{Name} after the first message",
        WireFault.NotNegotiated => $"{Name} without the fast extension",
        WireFault.NotV2 => $"{Name} on a v1 connection",
        WireFault.BadBencoding => $"{Name} that is not bencoded",
        _ => $"{Name}: {Fault}",
    };

    private string Name => Enum.IsDefined(Message) ? Message.ToString() : $"message {(byte)Message}";
}

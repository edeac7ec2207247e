namespace Swarm.Core;

/// <summary>One open reader: its range, where it is, how it consumes. A plain record in an array of <see cref="ReaderTable"/>.</summary>
internal struct Reader
{
    public int Id;
    public int File;

    /// <summary>A <see cref="ReaderClass"/>.</summary>
    public int Class;

    /// <summary>1 if the class is found out by watching, 0 if the shell knows it.</summary>
    public int Watched;

    /// <summary>1 while the client waits for the byte at the position.</summary>
    public int Waiting;

    /// <summary>Rate samples taken between two times at which the client was full.</summary>
    public int RateSamples;

    public long StartByte;
    public long EndByte;
    public long PositionByte;
    public long OpenedAtMicros;
    public long WaitingSinceMicros;
    public long AdvancedAtMicros;

    /// <summary>Where and when the client last did not want more: its buffer was full.</summary>
    public long FullAtMicros;
    public long FullAtByte;

    /// <summary>Measured consumption; 0 before the first sample.</summary>
    public long BytesPerSecond;

    /// <summary>Until when the player's own word is believed; 0 before the first one.</summary>
    public long ToldUntilMicros;

    /// <summary>By that word: when what it has buffered is played.</summary>
    public long ToldDueMicros;

    /// <summary>By that word: bytes it plays a second; 0 = it did not say.</summary>
    public long ToldBytesPerSecond;

    /// <summary>First block from the playhead on that is not admitted; only ever moves forward between losses.</summary>
    public int NeedBlock;

    /// <summary>One past the last block of its range.</summary>
    public int EndBlock;

    /// <summary>Blocks before this are due soon enough to be hedged.</summary>
    public int UrgentEnd;

    /// <summary>One past the last block of its window now.</summary>
    public int WindowEnd;

    /// <summary>First block of its window: the needed one, or the start of its piece where pieces verify whole.</summary>
    public int WindowStart;

    /// <summary>Padding for a defined byte image.</summary>
    public int Reserved;

    public readonly bool IsWaiting => Waiting != 0;

    public readonly bool IsTold(long nowMicros) => nowMicros < ToldUntilMicros;

    public readonly ReaderClass Kind => (ReaderClass)Class;
    public readonly int HeadBlock => (int)(PositionByte / PieceLayout.BlockSize);
}

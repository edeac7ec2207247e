using System.Buffers;

namespace Swarm.Protocol;

/// <summary>
/// What a peer says of itself in the dictionary behind extended id 0 (BEP 10). Every key is optional; unknown keys are ignored.
/// <code>d1:m d 11:lt_donthave i1e e 1:p i51413e 4:reqq i250e 1:v 9:Swarm/0.1 e</code>
/// </summary>
public sealed record ExtensionHandshake
{
    /// <summary>What libtorrent honours where a peer does not say (BEP 10).</summary>
    public const int DefaultReqQ = 250;

    /// <summary>This program's own ids for what it understands.</summary>
    public const byte OwnDontHaveId = 1;

    public const byte OwnPexId = 3;

    /// <summary>This program's own id for <see cref="CrowdMessage"/>.</summary>
    public const byte OwnCrowdId = 4;

    public const byte OwnMetadataId = 2;

    private const int ClientMaxChars = 64;

    /// <summary><c>v</c>: client name and version, printable characters only, cut to 64; null if it was not said.</summary>
    public string? Client { get; init; }

    /// <summary><c>reqq</c>: requests it queues before it drops any; null if it was not said.</summary>
    public int? ReqQ { get; init; }

    /// <summary><c>p</c>: the TCP port it listens on, 0 if it was not said.</summary>
    public int ListenPort { get; init; }

    /// <summary><c>upload_only</c>: it wants nothing (BEP 21); null if it was not said.</summary>
    public bool? UploadOnly { get; init; }

    /// <summary><c>m</c>: the id under which it takes <c>lt_donthave</c> (BEP 54); 0 disables, null if it was not said.</summary>
    public byte? DontHaveId { get; init; }

    /// <summary><c>m</c>: the id under which it takes <c>swarm_crowd</c>; 0 disables, null if it was not said.</summary>
    public byte? CrowdId { get; init; }

    /// <summary><c>m</c>: the id under which it takes <c>ut_metadata</c> (BEP 9); 0 disables, null if it was not said.</summary>
    public byte? MetadataId { get; init; }

    /// <summary><c>m</c>: the id under which it takes <c>ut_pex</c> (BEP 11); 0 disables, null if it was not said.</summary>
    public byte? PexId { get; init; }

    /// <summary><c>metadata_size</c>: bytes of the info dictionary as the peer tells, to be judged by <see cref="MetadataMessage.IsUsable"/>; null if it was not said.</summary>
    public long? MetadataBytes { get; init; }

    /// <summary><c>yourip</c>: the address at which the peer sees us, port 0; null if it was not said.</summary>
    public PeerEndpoint? YourAddress { get; init; }

    /// <summary>False if it is no bencoded dictionary. A key of the wrong type counts as not said.</summary>
    /// <param name="payload">What follows the extended id.</param>
    public static bool TryRead(ref SequenceReader<byte> payload, out ExtensionHandshake handshake)
    {
        handshake = new();
        if (!BencodeDocument.TryParsePrefix(payload.UnreadSequence.ToArray(), out var document, out _, order: BencodeKeyOrder.Any)
            || document.Root.Kind != BencodeKind.Dictionary)
        {
            return false;
        }

        payload.Advance(document.Length);
        var root = document.Root;
        handshake = new()
        {
            Client = root["v"u8].TryGetText(out var client) ? Printable(client) : null,
            ReqQ = Number(root["reqq"u8], 1, int.MaxValue),
            ListenPort = Number(root["p"u8], 1, ushort.MaxValue) ?? 0,
            UploadOnly = Number(root["upload_only"u8], 0, int.MaxValue) is { } only ? only != 0 : null,
            DontHaveId = (byte?)Number(root["m"u8][DontHaveMessage.Name], 0, byte.MaxValue),
            CrowdId = (byte?)Number(root["m"u8][CrowdMessage.Name], 0, byte.MaxValue),
            MetadataId = (byte?)Number(root["m"u8][MetadataMessage.Name], 0, byte.MaxValue),
            PexId = (byte?)Number(root["m"u8][PexMessage.Name], 0, byte.MaxValue),
            YourAddress = root["yourip"u8].Bytes is { Length: 4 or 16 } you ? PeerEndpoint.FromBytes(you.Span, 0) : null,
            MetadataBytes = root[MetadataMessage.SizeKey].TryGetInteger(out var bytes) && bytes >= 0 ? bytes : null,
        };
        return true;
    }

    /// <summary>Writes the whole message, prefix and envelope included.</summary>
    public void Write(IBufferWriter<byte> to)
    {
        var payload = new ArrayBufferWriter<byte>(128);
        var bencode = new BencodeWriter(payload);
        bencode.BeginDictionary();
        bencode.Bytes("m"u8);
        bencode.BeginDictionary();
        if (DontHaveId is { } id)
        {
            bencode.Bytes(DontHaveMessage.Name);
            bencode.Integer(id);
        }

        if (CrowdId is { } crowd)
        {
            bencode.Bytes(CrowdMessage.Name);
            bencode.Integer(crowd);
        }

        if (MetadataId is { } metadata)
        {
            bencode.Bytes(MetadataMessage.Name);
            bencode.Integer(metadata);
        }

        if (PexId is { } pex)
        {
            bencode.Bytes(PexMessage.Name);
            bencode.Integer(pex);
        }

        bencode.End();
        if (MetadataBytes is { } size)
        {
            bencode.Bytes(MetadataMessage.SizeKey);
            bencode.Integer(size);
        }

        WriteNumber(bencode, "p"u8, ListenPort == 0 ? null : ListenPort);
        WriteNumber(bencode, "reqq"u8, ReqQ);
        WriteNumber(bencode, "upload_only"u8, UploadOnly is { } only ? only ? 1 : 0 : null);
        if (Client is { } client)
        {
            bencode.Bytes("v"u8);
            bencode.Text(client);
        }

        if (YourAddress is { } you)
        {
            Span<byte> bytes = stackalloc byte[16];
            you.WriteAddress(bytes);
            bencode.Bytes("yourip"u8);
            bencode.Bytes(you.IsIPv4 ? bytes[12..] : bytes);
        }

        bencode.End();
        new ExtendedMessage(ExtendedMessage.HandshakeId, payload.WrittenCount).Write(to);
        to.Write(payload.WrittenSpan);
    }

    /// <summary>A later handshake says only what changed (BEP 10).</summary>
    public ExtensionHandshake UpdatedBy(ExtensionHandshake later) => new()
    {
        Client = later.Client ?? Client,
        ReqQ = later.ReqQ ?? ReqQ,
        ListenPort = later.ListenPort != 0 ? later.ListenPort : ListenPort,
        UploadOnly = later.UploadOnly ?? UploadOnly,
        DontHaveId = later.DontHaveId ?? DontHaveId,
        CrowdId = later.CrowdId ?? CrowdId,
        MetadataId = later.MetadataId ?? MetadataId,
        PexId = later.PexId ?? PexId,
        YourAddress = later.YourAddress ?? YourAddress,
        MetadataBytes = later.MetadataBytes ?? MetadataBytes,
    };

    private static void WriteNumber(BencodeWriter bencode, ReadOnlySpan<byte> key, int? value)
    {
        if (value is { } number)
        {
            bencode.Bytes(key);
            bencode.Integer(number);
        }
    }

    private static int? Number(BencodeValue value, int min, int max) =>
        value.TryGetInteger(out var number) && number >= min && number <= max ? (int)number : null;

    // It is shown in dashboards and terminals: no control characters, no direction overrides.
    private static string Printable(string text)
    {
        var printable = text.Where(c => !char.IsControl(c) && char.GetUnicodeCategory(c) != System.Globalization.UnicodeCategory.Format && !char.IsSurrogate(c));
        return new string([.. printable.Take(ClientMaxChars)]);
    }
}

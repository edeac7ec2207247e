using System.Buffers;
using System.Net.Security;

namespace Swarm.Http.Tests;

/// <summary>The name in the first message of a TLS client, whole, in pieces, and broken.</summary>
public sealed class ClientHelloTests
{
    /// <summary>What this runtime's TLS sends first.</summary>
    private static async Task<byte[]> HelloAsync(string host)
    {
        using var sent = new MemoryStream();
        using var stream = new SslStream(new OneWay(sent));
        await Assert.ThrowsAnyAsync<Exception>(() => stream.AuthenticateAsClientAsync(host));
        return sent.ToArray();
    }

    private static OperationStatus Read(byte[] bytes, out ClientHello hello) => ClientHello.TryRead(new ReadOnlySequence<byte>(bytes), out hello);

    /// <summary>The message of one record, cut into records of <paramref name="fragment"/> octets.</summary>
    private static byte[] InRecordsOf(byte[] record, int fragment) =>
        [.. record.Skip(5).Chunk(fragment).SelectMany(part => (byte[])[22, 3, 1, (byte)(part.Length >> 8), (byte)part.Length, .. part])];

    [Theory]
    [InlineData("files.example.org", "files.example.org")]
    [InlineData("127.0.0.1", null)] // RFC 6066 §3: no literal addresses
    public async Task Name_IsRead(string host, string? name)
    {
        var bytes = await HelloAsync(host);

        Assert.Equal(OperationStatus.Done, Read(bytes, out var hello));
        Assert.Equal(name, hello.ServerName);
        Assert.Equal(OperationStatus.Done, Read([.. bytes, 22, 3, 3], out hello)); // what follows is not looked at
        Assert.Equal(name, hello.ServerName);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public async Task Message_OverSeveralRecords_IsPutTogether(int fragment)
    {
        var bytes = InRecordsOf(await HelloAsync("files.example.org"), fragment);

        Assert.Equal(OperationStatus.Done, Read(bytes, out var hello));
        Assert.Equal("files.example.org", hello.ServerName);
    }

    [Fact]
    public async Task EveryPrefix_IsTooShortAndNothingElse()
    {
        var whole = await HelloAsync("files.example.org");
        foreach (var bytes in new[] { whole, InRecordsOf(whole, 7) })
        {
            for (var length = 0; length < bytes.Length; length++)
            {
                Assert.Equal(OperationStatus.NeedMoreData, Read(bytes[..length], out _));
            }
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("\u0015\u0003\u0001\u0000\u0002\u0002\u0028")] // an alert
    [InlineData("\u0016\u0003\u0001\u0000\u0004\u0002\u0000\u0000\u0000")] // a ServerHello
    [InlineData("\u0016\u0003\u0001\u0000\u0000")] // an empty fragment
    [InlineData("\u0016\u0003\u0001\u0040\u0000\u0001\u00ff\u00ff\u00ff")] // 16 MiB announced
    [InlineData("\u0016\u0003\u0001\u0000\u0004\u0001\u0000\u0000\u0000")] // no version, no random
    public void OtherThings_AreNoHello(string text) => Assert.Equal(OperationStatus.InvalidData, Read(System.Text.Encoding.Latin1.GetBytes(text), out _));

    [Fact]
    public async Task DamagedAnywhere_IsReadOrRefusedAndNeverThrows()
    {
        var bytes = await HelloAsync("files.example.org");
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var damaged = (byte[])bytes.Clone();
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            Read(damaged[..random.Next(damaged.Length + 1)], out _);
        }
    }

    /// <summary>Takes what is written and has nothing to read.</summary>
    private sealed class OneWay(Stream sent) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => 0;

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => sent.Write(buffer, offset, count);
    }
}

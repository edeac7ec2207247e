using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Swarm.Protocol.Tests;

public sealed class BencodeTests
{
    public static TheoryData<string, string, string> Malformed() => [.. Golden.Cases("bencode", "malformed.txt")];

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Bencode_Malformed_SaysWhereAndWhat(string name, string input, string expected)
    {
        Assert.False(BencodeDocument.TryParse(Encoding.Latin1.GetBytes(input), out _, out var error), name);
        Assert.Equal(expected, error.ToString());
    }

    [Theory]
    [InlineData("i0e")]
    [InlineData("i-1e")]
    [InlineData("i123456789012345678901234567890e")]
    [InlineData("0:")]
    [InlineData("le")]
    [InlineData("de")]
    [InlineData("d0:0:1:a0:e")]
    [InlineData("d1:ad1:bli1e1:xee2:aale1:b0:e")]
    public void Bencode_WellFormed_DecodesAndEncodesToItself(string input)
    {
        var document = Parse(input);
        Assert.Equal(input, Encoding.Latin1.GetString(BencodeTree.From(document.Root).ToArray()));
        Assert.Equal(input, Encoding.Latin1.GetString(document.Root.Raw.Span));
    }

    [Fact]
    public void Bencode_AnyTree_DecodesToWhatWasEncoded() =>
        Prop.ForAll(Trees(4).ToArbitrary(), tree =>
        {
            var encoded = tree.ToArray();
            return BencodeDocument.TryParse(encoded, out var document, out _)
                && BencodeTree.From(document.Root).ToArray().AsSpan().SequenceEqual(encoded);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Bencode_EveryTruncation_IsAnErrorInsideTheInput()
    {
        var whole = "d1:ad1:bli-1e1:xee2:aale1:b11:01234567890e"u8.ToArray();
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.False(BencodeDocument.TryParse(whole.AsMemory(0, length), out _, out var error));
            Assert.InRange(error.Position, 0, length);
        }

        Assert.True(BencodeDocument.TryParse(whole, out _, out _));
    }

    [Fact]
    public void Bencode_MillionLevels_IsAnErrorNotAnOverflow()
    {
        var deep = new byte[1 << 20];
        Array.Fill(deep, (byte)'l');
        Assert.False(BencodeDocument.TryParse(deep, out _, out var error));
        Assert.Equal("byte 32: expected at most 32 levels of lists and dictionaries, found a deeper one", error.ToString());
    }

    [Fact]
    public void Bencode_MoreValuesThanAllowed_IsAnError()
    {
        var many = Encoding.ASCII.GetBytes("l" + string.Concat(Enumerable.Repeat("0:", 100)) + "e");
        Assert.False(BencodeDocument.TryParse(many, out _, out var error, new BencodeLimits(1000, 4, 50)));
        Assert.Equal("byte 99: expected at most 50 values, found more", error.ToString());
        Assert.False(BencodeDocument.TryParse(many, out _, out error, new BencodeLimits(100, 4, 500)));
        Assert.Equal("byte 100: expected at most 100 bytes, found 202 bytes", error.ToString());
    }

    [Fact]
    public void Prefix_DataBehindTheDictionary_IsLeftAndMeasured()
    {
        // BEP 9's own example of a data message.
        var message = Encoding.ASCII.GetBytes("d8:msg_typei1e5:piecei0e10:total_sizei34256eexxxxxxxx");
        Assert.True(BencodeDocument.TryParsePrefix(message, out var document, out _));
        Assert.Equal(message.Length - 8, document.Length);
        Assert.False(BencodeDocument.TryParse(message, out _, out var error));
        Assert.Equal("byte 45: expected the end of the input, found 8 more bytes", error.ToString());
    }

    [Fact]
    public void Lookup_Nested_FindsValuesAndAnswersNoForTheRest()
    {
        var root = Parse("d4:dictd3:keyi7ee4:listl1:ai2ee4:text5:h\u00c3\u00a4uee").Root;
        Assert.True(root["dict"u8]["key"u8].TryGetInteger(out var seven));
        Assert.Equal(7, seven);
        Assert.Equal(2, root["list"u8].Count);
        Assert.True(root["text"u8].TryGetText(out var text));
        Assert.Equal("häue", text);
        var nothing = root["list"u8]["key"u8]["deeper"u8];
        Assert.False(nothing.Exists);
        Assert.False(nothing.TryGetInteger(out _));
        Assert.False(nothing.TryGetText(out _));
        Assert.Equal(0, nothing.Count);
        Assert.True(nothing.Raw.IsEmpty && nothing.Bytes.IsEmpty);
    }

    [Fact]
    public void LooseKeyOrder_UnsortedAndRepeated_FirstCounts()
    {
        Assert.True(BencodeDocument.TryParse("d1:bi1e1:ai2e1:bi3ee"u8.ToArray(), out var document, out _, order: BencodeKeyOrder.Any));
        Assert.True(document.Root["b"u8].TryGetInteger(out var b));
        Assert.Equal(1, b);
    }

    [Fact]
    public void Integer_Past64Bits_IsReadButHasNoValue()
    {
        Assert.False(Parse("i9223372036854775808e").Root.TryGetInteger(out _));
        Assert.True(Parse("i-9223372036854775808e").Root.TryGetInteger(out var least));
        Assert.Equal(long.MinValue, least);
    }

    [Fact]
    public void Writer_Everything_GivesTheGrammar()
    {
        var to = new ArrayBufferWriter<byte>();
        var writer = new BencodeWriter(to);
        writer.BeginDictionary();
        writer.Text("a");
        writer.Integer(long.MinValue);
        writer.Bytes("b"u8);
        writer.BeginList();
        writer.Text("ä");
        writer.Raw("de"u8);
        writer.End();
        writer.End();
        Assert.Equal("d1:ai-9223372036854775808e1:bl2:ädeee", Encoding.UTF8.GetString(to.WrittenSpan));
    }

    private static BencodeDocument Parse(string input)
    {
        Assert.True(BencodeDocument.TryParse(Encoding.Latin1.GetBytes(input), out var document, out var error), error.ToString());
        return document;
    }

    private static Gen<BencodeTree> Trees(int depth)
    {
        var bytes = ArbMap.Default.GeneratorFor<byte[]>();
        var leaves = Gen.OneOf(
            ArbMap.Default.GeneratorFor<long>().Select(BencodeTree.Integer),
            bytes.Select(b => BencodeTree.Bytes(b ?? [])));
        if (depth == 0)
        {
            return leaves;
        }

        var inner = Trees(depth - 1);
        var lists = Gen.ListOf(inner).Select(items => BencodeTree.List(items.Take(5)));
        var dictionaries = Gen.ListOf(Gen.Zip(bytes, inner)).Select(entries =>
            entries.Take(5).Aggregate(BencodeTree.Dictionary(), (d, e) => d.Set(e.Item1 ?? [], e.Item2)));
        return Gen.OneOf(leaves, lists, dictionaries);
    }
}

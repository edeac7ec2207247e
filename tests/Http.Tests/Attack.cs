using FsCheck;
using FsCheck.Fluent;

namespace Swarm.Http.Tests;

/// <summary>Text that wants to break a parser: pieces of the grammar in any order, with controls, quotes and surrogates between.</summary>
internal static class Attack
{
    private static readonly string[] Pieces =
    [
        "bytes", "=", "-", ",", "0", "9", "18446744073709551615", "99999999999999999999999999999999", " ", "\t", "\"", "\\", "W/", "*", "/", ";",
        "<", ">", "rel=", "describedby", "type=", "anchor", "max-age", "no-store", "private=", "Sun, 06 Nov 1994 08:49:37 GMT", "GMT", "%", "%zz",
        "\0", "\r\n", "\u007f", "é", "\ud800", "http://", "a@b", "?", "#", "(", ")", "1.1", "x", "q=", "'", "&", "X-Amz-Signature",
    ];

    public static Arbitrary<string> Text { get; } = Gen.Elements(Pieces).ListOf().Select(string.Concat).ToArbitrary();

    /// <summary>Runs a parser over attack strings; anything it throws fails the test with the string that did it.</summary>
    public static void Survives(Action<string> parse, int tests = 3000) =>
        Prop.ForAll(Text, text => parse(text)).Check(Config.QuickThrowOnFailure.WithMaxTest(tests).WithEndSize(40));
}

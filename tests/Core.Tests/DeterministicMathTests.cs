namespace Swarm.Core.Tests;

/// <summary>Golden bits of these functions (a last bit may differ from the platform's: it must not differ between platforms), and agreement with the platform's functions to 2 ulp.</summary>
public sealed class DeterministicMathTests
{
    [Theory]
    [InlineData(1.0, 0x0000000000000000)]
    [InlineData(2.0, 0x3FE62E42FEFA39EF)]
    [InlineData(10.0, 0x40026BB1BBB55516)]
    [InlineData(0.5, unchecked((long)0xBFE62E42FEFA39EF))]
    [InlineData(1e-300, unchecked((long)0xC085963447F87FB5))]
    public void Ln_KnownArguments_HasTheseBits(double x, long bits) => Assert.Equal(bits, BitConverter.DoubleToInt64Bits(DeterministicMath.Ln(x)));

    [Theory]
    [InlineData(0.0, 0x3FF0000000000000)]
    [InlineData(1.0, 0x4005BF0A8B14576A)]
    [InlineData(-1.0, 0x3FD78B56362CEF37)]
    public void Exp_KnownArguments_IsWithinOneUlpOfTheseBits(double x, long bits) =>
        Assert.InRange(BitConverter.DoubleToInt64Bits(DeterministicMath.Exp(x)), bits - 1, bits + 1);

    [Fact]
    public void LnAndExp_OverTheirRange_AgreeWithThePlatform()
    {
        var random = new SplitMix64(5);
        for (var i = 0; i < 20_000; i++)
        {
            var x = ((random.Next() >> 11) / 9007199254740992.0 * 1400) - 700;
            var e = Math.Exp(x);
            Assert.InRange(DeterministicMath.Exp(x), e * (1 - 1e-15), e * (1 + 1e-15));
            Assert.InRange(DeterministicMath.Ln(e) - x, -3e-13, 3e-13);
        }
    }

    [Fact]
    public void Edges_AreThoseOfIeee()
    {
        Assert.Equal(double.NegativeInfinity, DeterministicMath.Ln(0));
        Assert.True(double.IsNaN(DeterministicMath.Ln(-1)));
        Assert.Equal(double.PositiveInfinity, DeterministicMath.Ln(double.PositiveInfinity));
        Assert.Equal(double.PositiveInfinity, DeterministicMath.Exp(710));
        Assert.Equal(0, DeterministicMath.Exp(-746));
        Assert.InRange(DeterministicMath.Ln(double.Epsilon), -744.4401, -744.4400);
        Assert.True(double.IsNaN(DeterministicMath.Exp(double.NaN)));
    }
}

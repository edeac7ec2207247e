using System.Globalization;
using System.Text.Json;
using Swarm.Benchmarks;
using Swarm.Core;
using Swarm.Testing;

// dotnet run -c Release --project tests/Benchmarks [-- --strict]
// Rows of bytes are gates; rows of time are charted, and gates with --strict.
var strict = args.Contains("--strict");
using var budgets = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "budgets.json")));
var failed = 0;

var block = new byte[PieceLayout.BlockSize];
var step = new StepBenchmark();
using var ingest = new IngestBenchmark();

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"measured",-10} {"budget",-10} {"",-8} what"));
Row("step-ratio", Measure.Ratio(step.Run, HashEachEvent));
Row("step-bytes", Allocated.Bytes(step.Run) / (double)StepBenchmark.Events);
Row("ingest-ratio", Measure.Ratio(ingest.Ingest, ingest.HashAlone));
Row("ingest-bytes", Allocated.Bytes(ingest.Ingest) / (double)IngestBenchmark.Mebibytes);
Row("read-ratio", Measure.Ratio(ingest.Read, ingest.CopyAlone));
Row("read-bytes", Allocated.Bytes(ingest.Read) / (double)IngestBenchmark.Mebibytes);
return failed == 0 ? 0 : 1;

void HashEachEvent()
{
    for (var i = 0; i < StepBenchmark.Events; i++)
    {
        MerkleTree.Leaf(block);
    }
}

void Row(string name, double value)
{
    var budget = budgets.RootElement.GetProperty(name);
    var max = budget.GetProperty("max").GetDouble();
    var isGate = strict || budget.GetProperty("gate").GetBoolean();
    var kept = value <= max;
    failed += !kept && isGate ? 1 : 0;
    var verdict = kept ? "pass" : isGate ? "FAIL" : "over";
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{value,-10:F3} {max,-10} {verdict,-8} {budget.GetProperty("what").GetString()}"));
}

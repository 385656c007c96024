"""The TensorFlow operators that a SavedModel may use without being trusted: those of our exports, and their like.

Each computes tensors from tensors. None reads or writes files, reaches the network, runs Python, keeps state beyond the
call, or names another function by a word.
"""

_VALUES = """
Abs Add AddN AddV2 All Any ArgMax ArgMin Asin Atan AvgPool BatchMatMul BatchMatMulV2 BatchMatMulV3 BatchToSpaceND Bfloat16
BiasAdd BroadcastArgs BroadcastTo Cast Ceil ClipByValue Concat ConcatV2 Const Conv2D Conv2DBackpropInput Cos Cumsum
DepthToSpace DepthwiseConv2dNative DivNoNan Einsum Elu EnsureShape Equal Erf Exp ExpandDims Expm1 Fill Floor FloorDiv FloorMod
FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 Gather GatherNd GatherV2 Greater GreaterEqual Identity IdentityN Inv
LRN L2Loss LeakyRelu Less LessEqual LinSpace Log Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr MatMul MatrixBandPart Max
MaxPool MaxPoolV2 Maximum Mean Min Minimum MirrorPad Mul Neg NoOp NotEqual OneHot OnesLike Pack Pad PadV2 Placeholder
PlaceholderWithDefault Pow PreventGradient Prod Range Rank ReadVariableOp RealDiv Reciprocal Relu Relu6 Reshape ResizeArea
ResizeBicubic ResizeBilinear ResizeNearestNeighbor ReverseV2 Rint Roll Round Rsqrt ScatterNd Select SelectV2 Selu Shape ShapeN
Sigmoid Sign Sin Size Slice Softmax Softplus Softsign SpaceToBatchND SpaceToDepth Split SplitV Sqrt Square SquaredDifference
Squeeze StopGradient StridedSlice Sub Sum Tan Tanh Tile TopKV2 Transpose Unpack VarIsInitializedOp Where Xdivy ZerosLike
RandomUniform RandomUniformInt StatelessRandomGetKeyCounter StatelessRandomUniformV2 TruncatedNormal
"""
# What encoding, decoding and choosing in `serving_bytes` takes: images in memory, and data sets made of tensors alone.
_IMAGES = """
Assert Case DecodeAndCropJpeg DecodeBmp DecodeGif DecodeImage DecodeJpeg DecodePng DecodeRaw EncodeJpeg EncodePng
ExtractJpegShape FilterDataset If IgnoreErrorsDataset IgnoreErrorsDatasetV2 IsFinite IsInf IsNan LoopCond MapDataset
MapDatasetV2 Merge
OptionalFromValue OptionalGetValue OptionalHasValue OptionalNone ParallelMapDatasetV2 PartitionedCall ReduceDataset
StatefulPartitionedCall StatelessCase StatelessIf StatelessWhile StaticRegexFullMatch StaticRegexReplace StringJoin
StringLength StringSplitV2 Substr RegexFullMatch Switch TensorDataset TensorListElementShape TensorListFromTensor
TensorListGetItem TensorListLength TensorListReserve TensorListResize TensorListSetItem TensorListStack
TensorSliceDataset UnicodeTranscode While
"""
ALLOWED = frozenset(f"{_VALUES} {_IMAGES}".split())

import type { WheelPin } from "../../envs/packs/wheels.ts";
import { TENSORFLOW_VERSION } from "../../agents/core/tensor/addon.ts";

/** The library for processors alone, or the one that also knows NVIDIA's cards. */
export type Variant = "cpu" | "cuda";

/** Python whose wheels are pinned; the libraries in them do not depend on it. */
export const WHEEL_PYTHON = "3.11";

const pin = (name: string, version: string, sha256: string): WheelPin => ({ name, version, sha256: [sha256] });

const tensorflow = (name: string, sha256: string): WheelPin => pin(name, TENSORFLOW_VERSION, sha256);

/** Libraries that tensorflow's extra `and-cuda` asks for, but its compiler, which eager operations do not need. */
const CUDA: readonly WheelPin[] = [
  pin("nvidia-cublas-cu12", "12.9.3.13", "d7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72"),
  pin("nvidia-cuda-cupti-cu12", "12.8.90", "ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182"),
  pin("nvidia-cuda-nvrtc-cu12", "12.9.86", "210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4"),
  pin("nvidia-cuda-runtime-cu12", "12.9.79", "25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3"),
  pin("nvidia-cudnn-cu12", "9.28.0.42", "9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375"),
  pin("nvidia-cufft-cu12", "11.4.1.4", "c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28"),
  pin("nvidia-curand-cu12", "10.3.10.19", "49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e"),
  pin("nvidia-cusolver-cu12", "11.7.5.82", "15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88"),
  pin("nvidia-cusparse-cu12", "12.5.10.65", "73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78"),
  pin("nvidia-nccl-cu12", "2.32.3", "bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c"),
  pin("nvidia-nvjitlink-cu12", "12.9.86", "e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9"),
];

/** Wheels by platform and variant, as the Python package index has them. */
const WHEELS: Readonly<Record<string, Partial<Record<Variant, readonly WheelPin[]>>>> = {
  "linux-x64": {
    cpu: [tensorflow("tensorflow-cpu", "2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c")],
    cuda: [tensorflow("tensorflow", "9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124"), ...CUDA],
  },
  "linux-arm64": {
    cpu: [tensorflow("tensorflow", "4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c")],
  },
};

/** Null where there is no recipe for the platform. */
export function wheelsFor(
  variant: Variant,
  platform = `${process.platform}-${process.arch}`,
): readonly WheelPin[] | null {
  return WHEELS[platform]?.[variant] ?? null;
}
